/** Path of the script that the viewer's page loads, which is named by its content. */
export async function viewerScript(url: string): Promise<string> {
  const html = await (await fetch(`${url}/?f=html`)).text();
  const [, path] = /data-script="\.(\/viewer\/[\w-]+\.js)"/.exec(html) ?? [];
  if (path === undefined) throw new Error("the page names no script");
  return path;
}
