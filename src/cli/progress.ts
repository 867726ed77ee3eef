import { printable, printableLines } from "../core/printable.js";

/** How far long work is, on standard error: a bar redrawn in place on a terminal, a line every ten seconds elsewhere. */
export interface Progress {
  update(label: string, done: number, total: number): void;
  /** A line of its own, above the bar. */
  line(text: string): void;
  end(): void;
}

const WIDTH = 28;
const REDRAW_MS = 80;
const LINE_MS = 10_000;

/** `clock` tells milliseconds. */
export function createProgress(
  stream: Pick<NodeJS.WriteStream, "isTTY" | "write"> = process.stderr,
  clock: () => number = () => performance.now(),
): Progress {
  const live = stream.isTTY;
  const jobs = new Map<string, { done: number; total: number; started: number }>();
  let drawn = live ? 0 : clock();

  function draw(): void {
    const [label, job] = [...jobs].at(-1) ?? [];
    if (job === undefined || label === undefined) return;
    const share = job.done / Math.max(1, job.total);
    const filled = Math.round(share * WIDTH);
    const seconds = (clock() - job.started) / 1000;
    const left = job.done === 0 ? "" : ` ${Math.ceil((seconds / share) * (1 - share))} s left`;
    const count = `${job.done}/${job.total} chunks`;
    drawn = clock();
    if (live)
      stream.write(
        `\r\u001b[K${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${count} ${printable(label.slice(0, 40))}${left}`,
      );
    else stream.write(`${printable(label)}: ${count}${left === "" ? "" : `,${left}`}\n`);
  }

  return {
    update(label, done, total) {
      const job = jobs.get(label) ?? { done: 0, total, started: clock() };
      job.done = done;
      jobs.set(label, job);
      if (done >= total) jobs.delete(label);
      if (clock() - drawn > (live ? REDRAW_MS : LINE_MS)) draw();
    },
    line(text) {
      stream.write(`${live ? "\r\u001b[K" : ""}${printableLines(text)}\n`);
      if (live) draw();
      else drawn = clock();
    },
    end() {
      if (live) stream.write("\r\u001b[K");
    },
  };
}
