// `node writers.mjs FOLDER FROM TO ARGUMENT...`: writers FROM to TO - 1, all at once, each `env-kvstore put KEY_N` with a value of its own.
// Prints what became of them as JSON.

import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { commandLineIn } from './command-line.mjs';

const [folder, from, to, ...flags] = process.argv.slice(2);
const run = await commandLineIn(path.join(folder, `dist-${from}`));
const writers = Array.from({ length: to - from }, (_, index) => Number(from) + index);
const files = writers.map((writer) => path.join(folder, `value-${writer}`));
files.forEach((file, index) => writeFileSync(file, `value of ${writers[index]}`));
// Each begins when all can.
await run(['put', '--from-file', `OTHER=${files[0]}`, '--dry-run', ...flags]);
process.send?.('ready');
if (process.send) await new Promise((resolve) => process.once('message', resolve));
const ended = await Promise.all(writers.map((writer, index) => run(['put', '--from-file', `KEY_${writer}=${files[index]}`, '--json', ...flags])));
const told = ended.map(({ exitCode, code, stdout, stderr }, index) => ({ writer: writers[index], exitCode, code, stderr, ...(exitCode === 0 && { report: JSON.parse(stdout) }) }));
await new Promise((resolve) => process.stdout.write(JSON.stringify(told), resolve));
process.exit();
