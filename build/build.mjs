// `npm run build`: makes dist/ and the local cloud's policy evaluator from their sources.
// `npm run build -- --check [FOLDER]`: fails unless a build makes the very bytes that are in FOLDER, this checkout or another
// of the same commit. That takes the toolchain that dist/build.json names. With another only the hashes are compared; the
// check then says so, and fails where CI is set: an attacker would have changed the hashes too.
//
// The toolchain stays the one that dist/build.json names, if rustup has it. `RUSTUP_TOOLCHAIN=1.2.3 npm run build` changes it.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from './bundle.mjs';
import { root } from './command.mjs';
import { differing, MADE, madeFiles, recordedBuild, untruths, writeRecord } from './freshness.mjs';
import { licenses } from './licenses.mjs';
import { wasmToolchain } from './toolchain.mjs';
import { makeWasm } from './wasm.mjs';

const [mode, folder = root] = process.argv.slice(2);

process.exitCode = mode === '--check' ? await check() : await make();

async function make() {
  const toolchain = wasmToolchain(process.env.RUSTUP_TOOLCHAIN ? undefined : recordedBuild(root)?.toolchain);
  await build(toolchain, (out) => {
    for (const made of MADE) {
      rmSync(path.join(root, made), { recursive: true, force: true });
      cpSync(path.join(out, made), path.join(root, made), { recursive: true });
    }
  });
  console.log(`built with ${toolchain.name}`);
  return 0;
}

async function check() {
  const problems = untruths(folder);
  if (problems.length > 0) return no(`${problems.join('\n')}\nRun \`npm run build\` and commit what it makes.`);
  const committed = recordedBuild(folder);
  const toolchain = wasmToolchain(committed.toolchain);
  if (toolchain.name !== committed.toolchain) {
    const inCi = !['', 'false', undefined].includes(process.env.CI);
    const what = `BYTES NOT COMPARED: dist/ was built with ${committed.toolchain}, and this is ${toolchain.name}.`;
    console.error(`${what}\nThe hashes agree, but whoever changes dist/ can change them too. Compare with that toolchain: CONTRIBUTING.md says how.`);
    return inCi ? 1 : 0;
  }
  const built = await build(toolchain, madeFiles);
  const names = differing(committed.files, built);
  if (names.length > 0) return no(`not what the sources build: ${names.join(', ')}. Run \`npm run build\` and commit what it makes.`);
  console.log(`${Object.keys(built).length} files are what the sources build with ${toolchain.name}, byte for byte`);
  return 0;
}

function no(why) {
  console.error(`dist/: ${why}`);
  return 1;
}

/** Makes everything in a folder that lasts until `use` has ended. */
async function build(toolchain, use) {
  const out = mkdtempSync(path.join(tmpdir(), 'env-kvstore-dist-'));
  const [dist, generated] = MADE.map((made) => path.join(out, made));
  const scratch = path.join(root, 'target/wasm-bindgen');
  try {
    for (const folder of [path.join(dist, 'npm'), generated, scratch]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    }
    makeWasm({ toolchain, scratch, dist, generated });
    const bundledFiles = await bundle({ scratch, dist });
    const { action, npm } = licenses(bundledFiles, toolchain);
    writeFileSync(path.join(dist, 'LICENSES.txt'), action);
    writeFileSync(path.join(dist, 'npm/LICENSES.txt'), npm);
    writeFileSync(path.join(dist, 'package.json'), '{ "type": "commonjs" }\n');
    writeRecord(out, root, toolchain.name);
    return use(out);
  } finally {
    rmSync(out, { recursive: true });
  }
}
