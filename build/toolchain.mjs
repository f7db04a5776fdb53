// Which Rust compiles for wasm32-unknown-unknown on this machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const DEBIAN = { rustc: '/usr/bin/rustc', cargo: '/usr/bin/cargo', sources: '/usr/share/doc/rust-web-src' };

/**
 * rustup's toolchain with the sources of std, which are added if they can be; else Debian's `rustc-web`.
 *
 * Both build std themselves, for size and without the texts of panics and of `Debug`: nothing shows them, and they are a
 * quarter of the wasm.
 * These options are unstable, and a release compiler takes them when told so by RUSTC_BOOTSTRAP.
 */
export function wasmToolchain() {
  const unstable = {
    arguments: ['-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'],
    environment: { RUSTC_BOOTSTRAP: '1' },
    flags: ['-Zunstable-options', '-Cpanic=immediate-abort', '-Zfmt-debug=none', '-Zlocation-detail=none'],
  };
  if (sourcesOfStd() || (output('rustup', ['component', 'add', 'rust-src']) !== undefined && sourcesOfStd())) {
    return { name: output('rustc', ['--version']), cargo: 'cargo', sysroot: sysroot('rustc'), ...unstable };
  }
  if (existsSync(DEBIAN.rustc) && existsSync(DEBIAN.sources)) {
    return {
      name: `${output(DEBIAN.rustc, ['--version'])} of Debian`,
      cargo: DEBIAN.cargo,
      sysroot: sysroot(DEBIAN.rustc),
      ...unstable,
      environment: { ...unstable.environment, RUSTC: DEBIAN.rustc },
    };
  }
  throw new Error(
    'no Rust here that has the sources of its standard library. Install them with one of:\n' +
      '  rustup component add rust-src\n' +
      '  apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src rust-web-llvm lld-22',
  );
}

function sourcesOfStd() {
  const root = sysroot('rustc');
  return root !== undefined && existsSync(path.join(root, 'lib/rustlib/src/rust/library/std'));
}

function sysroot(rustc) {
  return output(rustc, ['--print', 'sysroot']);
}

function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout.trim() : undefined;
}
