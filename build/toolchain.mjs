// Which Rust compiles for wasm32-unknown-unknown on this machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const TARGET = 'wasm32-unknown-unknown';
const DEBIAN = { rustc: '/usr/bin/rustc', cargo: '/usr/bin/cargo', sources: '/usr/share/doc/rust-web-src' };

/** rustup's toolchain with the target, which is added if it can be; else Debian's `rustc-web`, which builds its own std. */
export function wasmToolchain() {
  if (installed() || (output('rustup', ['target', 'add', TARGET]) !== undefined && installed())) {
    return { name: output('rustc', ['--version']), cargo: 'cargo', arguments: [], environment: {} };
  }
  if (existsSync(DEBIAN.rustc) && existsSync(DEBIAN.sources)) {
    return {
      name: `${output(DEBIAN.rustc, ['--version'])} with -Zbuild-std`,
      cargo: DEBIAN.cargo,
      arguments: ['-Zbuild-std=std,panic_abort'],
      // -Zbuild-std is unstable; Debian's release compiler takes it when told so.
      environment: { RUSTC: DEBIAN.rustc, RUSTC_BOOTSTRAP: '1' },
    };
  }
  throw new Error(
    `no Rust for ${TARGET} here. Install it with one of:\n` +
      `  rustup target add ${TARGET}\n` +
      '  apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src rust-web-llvm lld-22',
  );
}

function installed() {
  return output('rustup', ['target', 'list', '--installed'])?.split('\n').includes(TARGET) ?? false;
}

function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout.trim() : undefined;
}
