import Sequencer from "@jest/test-sequencer";

/**
 * Begins with the suites that take longest, so that none of them is left for the end to run alone. Jest knows the times
 * only where it has run before; here they are known on a fresh clone too. The order means nothing else.
 */
const LONGEST = [
  "test/storm",
  "e2e/accessibility",
  "test/crash-points",
  "test/several-processes",
  "test/reconcile-live",
  "e2e/resume",
  "e2e/faults",
  "test/crash-errors",
  "e2e/preview",
  "test/round-trip",
  "embedded/postgres",
  "test/live",
  "e2e/uploads",
  "test/stopping",
];

const rank = ({ path }) => {
  const at = LONGEST.findIndex((name) => path.endsWith(`/${name}.test.js`));
  return at < 0 ? LONGEST.length : at;
};

export default class LongestFirst extends Sequencer {
  /** @override */
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
