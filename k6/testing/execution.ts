// Stands in for `k6/execution` in tests: the one virtual user, and how far the run is.

export default {
  vu: { idInTest: 7 },
  scenario: { iterationInTest: 0, progress: 0 },
};
