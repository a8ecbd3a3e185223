// @ts-check
// What ESLint holds the JavaScript of pages/components and its tests to; `npm run check` runs it.

import js from "@eslint/js";
import globals from "globals";

const MOST_LINES = 500; // a file, as in Python
const MOST_FUNCTION_LINES = 60;
const MOST_BRANCHES = 15; // a function; 10 in Python, where ruff does not count `and` and `or`

export default [
  { ignores: [".venv/", "build/", "data/"] },
  js.configs.recommended,
  {
    rules: {
      "max-lines": ["error", MOST_LINES],
      "max-lines-per-function": ["error", MOST_FUNCTION_LINES],
      complexity: ["error", MOST_BRANCHES],
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "no-shadow": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  { files: ["pages/components/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/components/**/*.js", "*.js"], languageOptions: { globals: globals.node } },
];
