/**
 * Calls at a fixed rate, whatever comes back: the load that a server cannot slow down.
 * @param {number} start when to begin, as `performance.now()` tells the time
 * @param {number} deadline when to end
 * @param {number} perSecond calls
 * @param {(now: number) => void} call
 * @returns {Promise<void>} after the last call
 */
export function pace(start, deadline, perSecond, call) {
  let calls = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = Math.floor(((Math.min(now, deadline) - start) * perSecond) / 1000);
      for (; calls < due; calls++) call(now);
      if (now < deadline) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
}
