// Says on stdout which files of CommonJS a program loads; for `node --require`.

const Module = require('node:module');

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, file, ...more) {
  process.stdout.write(`loaded: ${file}\n`);
  return compile.call(this, content, file, ...more);
};
