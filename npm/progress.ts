/** What takes less is over before anyone could read a line about it. */
const SHOWN_AFTER_MS = 700;
const REDRAWN_EVERY_MS = 500;

/** Says on a terminal what is being waited for, and for how long. Writes nothing elsewhere, and leaves nothing there. */
export async function whileWorking<T>(doing: string | (() => string), work: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY || process.env['TERM'] === 'dumb') return work;
  const began = process.hrtime.bigint();
  let isShown = false;
  const timer = setInterval(() => {
    const elapsedMs = Number(process.hrtime.bigint() - began) / 1e6;
    if (elapsedMs < SHOWN_AFTER_MS) return;
    process.stderr.write(`\r\x1b[2K${typeof doing === 'string' ? doing : doing()} … ${Math.floor(elapsedMs / 1000)} s`);
    isShown = true;
  }, REDRAWN_EVERY_MS);
  timer.unref();
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isShown) process.stderr.write('\r\x1b[2K');
  }
}
