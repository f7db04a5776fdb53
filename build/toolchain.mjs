// Which Rust compiles for wasm32-unknown-unknown on this machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const DEBIAN = { rustc: '/usr/bin/rustc', cargo: '/usr/bin/cargo', sources: '/usr/share/doc/rust-web-src' };

/**
 * @typedef {object} Toolchain
 * @property {string} name as `rustc --version` says it
 * @property {string} cargo
 * @property {string} sysroot
 * @property {Record<string, string>} environment that selects it
 */

/**
 * The wanted toolchain, if it is the active one or rustup has it; else the active one; without the sources of std, which
 * are added if they can be, Debian's `rustc-web`.
 * @param {string} [wanted] as `rustc --version` says it
 * @returns {Toolchain}
 */
export function wasmToolchain(wanted) {
  const active = output('rustc', ['--version']);
  const pinned = active !== wanted && rustupHas(wanted) ? { RUSTUP_TOOLCHAIN: rustupToolchain(wanted) } : {};
  if (hasSourcesOfStd(pinned) || (output('rustup', ['component', 'add', 'rust-src'], pinned) !== undefined && hasSourcesOfStd(pinned))) {
    return { name: output('rustc', ['--version'], pinned), cargo: 'cargo', sysroot: sysroot('rustc', pinned), environment: pinned };
  }
  if (existsSync(DEBIAN.rustc) && existsSync(DEBIAN.sources)) {
    return {
      name: `${output(DEBIAN.rustc, ['--version'])} of Debian`,
      cargo: DEBIAN.cargo,
      sysroot: sysroot(DEBIAN.rustc),
      environment: { RUSTC: DEBIAN.rustc },
    };
  }
  throw new Error(
    'no Rust here that has the sources of its standard library. Install them with one of:\n' +
      '  rustup component add rust-src\n' +
      '  apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src rust-web-llvm lld-22',
  );
}

/**
 * What rustup calls a toolchain.
 * @param {string} name such as `rustc 1.95.0 (59807616e 2026-04-14)`
 */
export function rustupToolchain(name) {
  const release = releaseOf(name);
  if (!release) throw new Error(`dist/ was built with ${name}, which rustup cannot bring; build it with a release of Rust by rustup`);
  return release;
}

function releaseOf(name) {
  return /^rustc (\d+\.\d+\.\d+) \([0-9a-f]{9} \d{4}-\d\d-\d\d\)$/.exec(name ?? '')?.[1];
}

/** By `rustup run`, which installs nothing. */
function rustupHas(name) {
  const release = releaseOf(name);
  return release !== undefined && output('rustup', ['run', release, 'rustc', '--version']) === name;
}

function hasSourcesOfStd(environment) {
  const root = sysroot('rustc', environment);
  return root !== undefined && existsSync(path.join(root, 'lib/rustlib/src/rust/library/std'));
}

function sysroot(rustc, environment) {
  return output(rustc, ['--print', 'sysroot'], environment);
}

function output(command, args, environment = {}) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}
