/** A progress bar on standard error: redrawn in place on a terminal, one line at the end of each job elsewhere. */
export interface Progress {
  update(label: string, done: number, total: number): void;
  /** A line of its own, above the bar. */
  line(text: string): void;
  end(): void;
}

const WIDTH = 28;
const REDRAW_MS = 80;

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const live = stream.isTTY;
  const jobs = new Map<string, { done: number; total: number; started: number }>();
  let drawn = 0;

  function draw(): void {
    const [label, job] = [...jobs].at(-1) ?? [];
    if (!live || job === undefined || label === undefined) return;
    const share = job.done / Math.max(1, job.total);
    const filled = Math.round(share * WIDTH);
    const seconds = (performance.now() - job.started) / 1000;
    const left = job.done === 0 ? "" : ` ${Math.ceil((seconds / share) * (1 - share))} s left`;
    stream.write(
      `\r\u001b[K${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${job.done}/${job.total} chunks ${label.slice(0, 40)}${left}`,
    );
    drawn = performance.now();
  }

  return {
    update(label, done, total) {
      const job = jobs.get(label) ?? { done: 0, total, started: performance.now() };
      job.done = done;
      jobs.set(label, job);
      if (done >= total) jobs.delete(label);
      if (performance.now() - drawn > REDRAW_MS) draw();
    },
    line(text) {
      stream.write(`${live ? "\r\u001b[K" : ""}${text}\n`);
      draw();
    },
    end() {
      if (live) stream.write("\r\u001b[K");
    },
  };
}
