// A Jest reporter that leaves the counts of one run in the file named by CARILLON_COUNTS, for test/run.mjs.
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onRunComplete(_contexts, results) {
    if (!process.env.CARILLON_COUNTS) return;
    writeFileSync(
      process.env.CARILLON_COUNTS,
      JSON.stringify({
        passed: results.numPassedTests,
        // A file that fails to load has no failed test in it, but it has failed.
        failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
        notRun: results.numPendingTests + results.numTodoTests,
      }),
    );
  }
}
