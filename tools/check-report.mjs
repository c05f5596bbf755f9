// Fails when a test suite ran no test, or fewer suites ran than there are files; prints the closing count.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));

function countTestFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((count, entry) => {
    if (entry.isDirectory()) return count + countTestFiles(join(folder, entry.name));
    return count + (entry.name.endsWith('.test.ts') ? 1 : 0);
  }, 0);
}

const present = countTestFiles('test');
const empty = report.testResults.filter((suite) =>
  suite.assertionResults.every((test) => test.status === 'pending' || test.status === 'todo'),
);
for (const suite of empty) console.error(`ran no test: ${suite.name}`);
if (report.testResults.length < present) {
  console.error(`only ${report.testResults.length} of ${present} test files ran`);
}
const { numPassedTests, numFailedTests, numPendingTests } = report;
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
const failed = numFailedTests > 0 || empty.length > 0 || report.testResults.length < present;
process.exit(failed || numPassedTests === 0 ? 1 : 0);
