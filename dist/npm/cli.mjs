#!/usr/bin/env node
import {
  EnvKvstoreError,
  GITHUB,
  asError,
  byCurrentNames,
  compileEachFunctionOnce,
  createAgents,
  currentName,
  flagOf,
  getRandomValues,
  instanceOf,
  isEndpoint,
  optionOf,
  printable,
  rawInputs,
  repeated,
  run,
  systemReason,
  withCaughtTraps,
  withHost,
  writeMasks,
  written
} from "./core.mjs";

// host/documentation.ts
function pageOf(code) {
  return `https://github.com/org/env-kvstore/blob/v1/docs/troubleshooting.md#${code}`;
}

// npm/arguments.ts
import { parseArgs } from "node:util";

// npm/generated/flags.ts
var INPUT_FLAGS = [
  { name: "cognito-identity-pool-id", of: "connection", value: "POOL", help: "Id of the Cognito identity pool.", older: "identity-pool-id" },
  { name: "cognito-role-arn", of: "connection", value: "ARN", help: "ARN of the role to assume.", older: "role-arn" },
  { name: "values", of: "values", value: "LINES", help: "What to load from the stores, one value per line: ENV_VAR,secret|variable[,KEY[,optional]].", repeated: true },
  { name: "secrets", of: "values", value: "LINES", help: "Secrets outside the naming convention, one per line: ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]].", repeated: true },
  { name: "namespace", of: "values", value: "NAME", help: "First segment of the stores' names. Default: --github-enterprise-name, else the token's claim enterprise, else its repository_owner." },
  { name: "github-enterprise-name", of: "connection", value: "SLUG", help: "Slug of the enterprise, if it issues OIDC tokens under its own name." },
  { name: "oidc-issuer", of: "connection", value: "URL", help: "Issuer of the OIDC tokens, without the enterprise's slug. Default: https://token.actions.githubusercontent.com." },
  { name: "audience", of: "connection", value: "TEXT", help: "Audience to request the token for. Default: cognito-identity.amazonaws.com; with the identity web-identity, sts.amazonaws.com; with --token-exchange-url, its origin." },
  { name: "aws-account-id", of: "connection", value: "ID", help: "Account of the identity pool and of the stores. Default: the role's account." },
  { name: "aws-region", of: "connection", value: "REGION", help: "Region of the stores. Default: the pool's region; without a pool, that of the variable AWS_REGION." },
  { name: "cognito-account-id", of: "connection", value: "ID", help: "Account of the identity pool, if it is not --aws-account-id. Default: --aws-account-id." },
  { name: "cognito-region", of: "connection", value: "REGION", help: "Region of Cognito and STS, if it is not the pool's. Default: the pool's region; without a pool, --aws-region." },
  { name: "secrets-manager-account-id", of: "values", value: "ID", help: "Account of the stores, if it is not --aws-account-id. Default: --aws-account-id, else the account of the role that reads." },
  { name: "secrets-manager-region", of: "values", value: "REGION", help: "Region of the stores, if it is not --aws-region. Default: --aws-region." },
  { name: "identity", of: "connection", value: "KIND", help: "How the job identifies itself to AWS. One of cognito, cognito-enhanced, web-identity, environment. Default: cognito.", choices: ["cognito", "cognito-enhanced", "web-identity", "environment"] },
  { name: "token-exchange-url", of: "connection", value: "URL", help: "URL of a token exchange, such as jwtex, to which the GitHub token is posted." },
  { name: "chain-role-arn", of: "session", value: "ARN", help: "ARN of a second role to assume with the first role's session." },
  { name: "chain-session-tags", of: "session", value: "CLAIMS", help: "Claims that become session tags of the second role's session, separated by commas. Default: actor_id,enterprise,environment,event_name,job_workflow_ref,ref,repository,repository_id,run_id,sha." },
  { name: "chain-transitive-tag-keys", of: "session", value: "CLAIMS", help: "Those of --chain-session-tags that are transitive, separated by commas. Default: none." },
  { name: "role-session-name", of: "connection", value: "TEMPLATE", help: "Name of the role session, a template of claims. Default: {run_id}@{sha}." },
  { name: "role-duration-seconds", of: "session", value: "N", help: "Lifetime of the session's credentials, in seconds. 900 to 43200. Default: 3600 for credentials, 900 for values." },
  { name: "environment-store", of: "values", value: "RULE", help: "What to do if the job's environment has no store. One of required, not-found-ok, optional. Default: not-found-ok.", choices: ["required", "not-found-ok", "optional"] },
  { name: "timeout-seconds", of: "connection", value: "N", help: "Time limit for all requests and retries together, in seconds. 1 to 3600. Default: 60." },
  { name: "vault-url", of: "values", value: "URL", help: "Address of Vault or OpenBao; the values are then read from there, and not from AWS." },
  { name: "vault-role", of: "values", value: "NAME", help: "Role of Vault's JWT auth method to log in as." },
  { name: "vault-auth-path", of: "values", value: "PATH", help: "Path of the JWT auth method. Default: jwt." },
  { name: "vault-namespace", of: "values", value: "PATH", help: "Namespace of Vault Enterprise, HCP Vault or OpenBao." },
  { name: "vault-audience", of: "values", value: "TEXT", help: "Audience to request the GitHub token for; the role's bound_audiences must have it. Default: the first address in --vault-url, without its path." },
  { name: "vault-ca-certificate", of: "values", value: "PEM", help: "Certificate of the CA that Vault's certificate is from: PEM, or PEM in Base64." },
  { name: "vault-secrets", of: "values", value: "ENTRIES", help: "What to read from Vault: entries PATH KEY | NAME, separated by ;.", repeated: true },
  { name: "repository", of: "values", value: "OWNER/NAME", help: "Repository whose stores are read; only with the identity --environment." },
  { name: "environment", of: "values", value: "NAME", help: "Environment whose stores are read too; only with --repository." }
];

// npm/command.ts
function flagsOf(command) {
  return [...command.flags, ...inputFlagsOf(command)];
}
function inputFlagsOf({ inputs }) {
  return INPUT_FLAGS.filter((flag) => inputs.some((group) => isOf(flag, group)));
}
function isOf({ name, of }, group) {
  return group === "stores" ? OF_STORES.includes(name) : of === group;
}
var OF_STORES = ["namespace", "secrets-manager-account-id", "secrets-manager-region"];

// npm/nearest.ts
function nearest(text, names) {
  const near = names.map((name) => ({ name, distance: distance(text, name) })).filter(({ name, distance: distance2 }) => distance2 <= Math.max(1, Math.floor(Math.min(text.length, name.length) / 3))).sort((one, other) => one.distance - other.distance);
  return near[0]?.name ?? names.find((name) => text.length >= 3 && name.startsWith(text));
}
function distance(one, other) {
  let before = [];
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame2 = one[row - 1] === other[column - 1];
      let least = Math.min(above[column] + 1, current[column - 1] + 1, above[column - 1] + (isSame2 ? 0 : 1));
      const isSwapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwapped) least = Math.min(least, before[column - 2] + 1);
      current.push(least);
    }
    before = above;
    above = current;
  }
  return above[other.length];
}

// npm/usage.ts
var WrongUsage = class extends EnvKvstoreError {
};
function wrongUsage(message, hint = "See env-kvstore --help.") {
  return new WrongUsage({ code: "invalid-input", message, hint });
}
function missing(what) {
  throw wrongUsage(`this command requires ${what}`);
}

// npm/arguments.ts
function parseArguments(command, args2) {
  const flags = flagsOf(command);
  const byName = new Map(flags.flatMap((flag) => [flag.name, flag.older].flatMap((name) => name ? [[name, flag]] : [])));
  const options = Object.fromEntries([...byName].map(([name, { value }]) => [name, { type: value ? "string" : "boolean" }]));
  const { tokens } = parseArgs({
    args: args2,
    options: { ...options, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
    strict: false,
    tokens: true
  });
  const given2 = /* @__PURE__ */ new Map();
  const operands = [];
  const hint = `See env-kvstore ${command.name} --help.`;
  for (const token2 of tokens) {
    if (token2.kind === "positional") operands.push(token2.value);
    if (token2.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token2;
    const flag = byName.get(name);
    const isKnown = rawName === `--${name}` && (flag !== void 0 || name === "help");
    if (!isKnown && rawName !== "-h") throw unknownFlag(rawName, [...flags.map((known) => known.name), "help"], hint);
    if (flag?.value === void 0) {
      if (value !== void 0) throw wrongUsage(`the flag ${rawName} takes no value`, hint);
    } else if (value === void 0 || !inlineValue && value.length > 1 && value.startsWith("-")) {
      throw wrongUsage(`the flag ${rawName} has no value. Write a value that begins with - after =, as in ${rawName}=-1`, hint);
    }
    given2.set(name, [...given2.get(name) ?? [], value ?? ""]);
  }
  if (given2.has("help")) return void 0;
  if (operands.length > 0 && !command.operands) throw wrongUsage("an argument is neither a flag nor the value of one", hint);
  const textOf3 = (name) => (byName.get(name)?.repeated ? given2.get(name)?.join("\n") : given2.get(name)?.at(-1)) || void 0;
  const names = inputFlagsOf(command).flatMap(({ name, older: older2 }) => older2 ? [name, older2] : [name]);
  const inputs = byCurrentNames(Object.fromEntries(names.map((name) => [optionOf(name), textOf3(name)])));
  const [older] = inputs.contradicting;
  if (older !== void 0) {
    throw wrongUsage(`--${flagOf(older)} is an older name of --${flagOf(currentName(older))}, which has another value`, hint);
  }
  const isSwitch = ({ value }) => value === void 0;
  return {
    options: inputs.options,
    own: Object.fromEntries(command.flags.filter((flag) => !isSwitch(flag)).map(({ name }) => [name, textOf3(name)])),
    switches: new Set(command.flags.filter(isSwitch).filter(({ name }) => given2.has(name)).map(({ name }) => name)),
    operands
  };
}
function unknownFlag(rawName, known, hint) {
  const near = nearest(rawName.replace(/^-+/, ""), known);
  return wrongUsage(`there is no flag ${repeated(rawName)}`, near ? `Did you mean --${near}? ${hint}` : hint);
}

// npm/ask.ts
import { isatty } from "node:tty";
var Interrupted = class extends Error {
};
function hasTerminal() {
  return isatty(0) && isatty(2);
}
function requireAnswers(isYes) {
  if (isYes || hasTerminal()) return;
  throw wrongUsage(
    "the command asks before it writes, and there is no terminal to ask at",
    "Pass --yes to write without a question, or --dry-run to see what would be written. Nothing was sent."
  );
}
async function confirmed(question, isYes) {
  if (isYes) return true;
  requireAnswers(isYes);
  const prompts = await import("./prompts.cjs");
  return ended(prompts, prompts.confirm(question));
}
async function askHidden(question) {
  const prompts = await import("./prompts.cjs");
  const text = await ended(prompts, prompts.hidden(question));
  if (text !== void 0) return text;
  throw wrongUsage("more than one line was pasted, and the prompt takes one", "Pass longer values by stdin, or by --from-file KEY=PATH. Nothing was written.");
}
async function askFor({ message, choices, default: byDefault }, validate) {
  const prompts = await import("./prompts.cjs");
  return ended(prompts, choices.length > 0 ? prompts.choice(message, choices, byDefault) : prompts.text(message, byDefault, validate));
}
async function ended(prompts, answer) {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof prompts.Interrupted ? new Interrupted() : error;
  }
}

// npm/commands/audit.ts
import { writeFileSync } from "node:fs";
import path4 from "node:path";

// npm/cloudtrail-files.ts
import { createReadStream, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
var MAX_BYTES = 256 * 1024 * 1024;
async function addCloudTrailFiles(admin2, paths) {
  for (const file of paths.flatMap(filesBelow).sort(byTime)) {
    const problem = admin2.addToTrail(file, await textOf(file));
    if (problem) return problem;
  }
  return void 0;
}
function filesBelow(from) {
  if (!statSync(from, { throwIfNoEntry: false })?.isDirectory()) return [from];
  const entries = readdirSync(from, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.json(\.gz)?$/.test(entry.name));
  return files.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}
function byTime(one, other) {
  const key = (file) => `${/_(\d{8}T\d{4}Z)_/.exec(path.basename(file))?.[1] ?? ""} ${file}`;
  return key(one) < key(other) ? -1 : 1;
}
async function textOf(file) {
  const chunks = [];
  let bytes = 0;
  const collect2 = async (source2) => {
    for await (const chunk of source2) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) return;
      chunks.push(chunk);
    }
  };
  const source = createReadStream(file);
  try {
    await (file.endsWith(".gz") ? pipeline(source, createGunzip(), collect2) : pipeline(source, collect2));
  } catch (error) {
    const { code } = error;
    if (bytes <= MAX_BYTES) {
      const reason = code?.startsWith("Z_") ? "is not gzip, or was cut short" : systemReason(error);
      throw wrongUsage(`${printable(file)}: ${reason}`, "Check the path and its permissions.");
    }
  }
  if (bytes > MAX_BYTES) throw wrongUsage(`${printable(file)} has more than ${MAX_BYTES} bytes`, "CloudTrail writes no such file.");
  return Buffer.concat(chunks).toString("utf8");
}

// npm/load-admin.ts
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

// target/wasm-bindgen/env_kvstore_admin_bg.js
function createGlue() {
  function addToTrail(name, text) {
    let ptr0, len0, ptr1, len1;
    try {
      ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len1 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr1) {
        wasm.__wbindgen_free(ptr1, len1 * 1, 1);
      }
      if (ptr0) {
        wasm.__wbindgen_free(ptr0, len0 * 1, 1);
      }
      throw e;
    }
    const ret = wasm.addToTrail(ptr0, len0, ptr1, len1);
    return ret;
  }
  function audit2(rules, against, asked) {
    const ret = wasm.audit(rules, against, asked);
    if (ret[2]) {
      throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
  }
  function beginTrail(rules) {
    const ret = wasm.beginTrail(rules);
    if (ret[2]) {
      throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
  }
  function checkSnapshot(names, texts) {
    let ptr0, len0, ptr1, len1;
    try {
      ptr0 = passArrayJsValueToWasm0(names, wasm.__wbindgen_malloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passArrayJsValueToWasm0(texts, wasm.__wbindgen_malloc);
      len1 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr1) {
        wasm.__externref_drop_slice(ptr1, len1);
        wasm.__wbindgen_free(ptr1, len1 * 4, 4);
      }
      if (ptr0) {
        wasm.__externref_drop_slice(ptr0, len0);
        wasm.__wbindgen_free(ptr0, len0 * 4, 4);
      }
      throw e;
    }
    const ret = wasm.checkSnapshot(ptr0, len0, ptr1, len1);
    return ret;
  }
  function configure2(text, command, flags) {
    let deferred5_0;
    let deferred5_1;
    try {
      let ptr0, len0, ptr1, len1, ptr2, len2;
      try {
        ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passStringToWasm0(command, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len1 = WASM_VECTOR_LEN;
        ptr2 = passArrayJsValueToWasm0(flags, wasm.__wbindgen_malloc);
        len2 = WASM_VECTOR_LEN;
      } catch (e) {
        if (ptr2) {
          wasm.__externref_drop_slice(ptr2, len2);
          wasm.__wbindgen_free(ptr2, len2 * 4, 4);
        }
        if (ptr1) {
          wasm.__wbindgen_free(ptr1, len1 * 1, 1);
        }
        if (ptr0) {
          wasm.__wbindgen_free(ptr0, len0 * 1, 1);
        }
        throw e;
      }
      const ret = wasm.configure(ptr0, len0, ptr1, len1, ptr2, len2);
      var ptr4 = ret[0];
      var len4 = ret[1];
      if (ret[3]) {
        ptr4 = 0;
        len4 = 0;
        throw takeFromExternrefTable0(ret[2]);
      }
      deferred5_0 = ptr4;
      deferred5_1 = len4;
      return getStringFromWasm0(ptr4, len4);
    } finally {
      wasm.__wbindgen_free(deferred5_0, deferred5_1, 1);
    }
  }
  function doctor2(raw, machine, host, spelling) {
    var ptr0 = isLikeNone(spelling) ? 0 : passStringToWasm0(spelling, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    var len0 = WASM_VECTOR_LEN;
    const ret = wasm.doctor(raw, machine, host, ptr0, len0);
    return ret;
  }
  function environmentVariables() {
    const ret = wasm.environmentVariables();
    var v1 = getArrayJsValueFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v1;
  }
  function evaluate(json) {
    let deferred3_0;
    let deferred3_1;
    try {
      const ptr0 = passStringToWasm0(json, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      const len0 = WASM_VECTOR_LEN;
      const ret = wasm.evaluate(ptr0, len0);
      var ptr2 = ret[0];
      var len2 = ret[1];
      if (ret[3]) {
        ptr2 = 0;
        len2 = 0;
        throw takeFromExternrefTable0(ret[2]);
      }
      deferred3_0 = ptr2;
      deferred3_1 = len2;
      return getStringFromWasm0(ptr2, len2);
    } finally {
      wasm.__wbindgen_free(deferred3_0, deferred3_1, 1);
    }
  }
  function explain2(rules, asked) {
    const ret = wasm.explain(rules, asked);
    if (ret[2]) {
      throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
  }
  function finishTrail(rules, columns2) {
    const ret = wasm.finishTrail(rules, columns2);
    if (ret[2]) {
      throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
  }
  function generate2(names, texts, target, released) {
    let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
    try {
      ptr0 = passArrayJsValueToWasm0(names, wasm.__wbindgen_malloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passArrayJsValueToWasm0(texts, wasm.__wbindgen_malloc);
      len1 = WASM_VECTOR_LEN;
      ptr2 = passStringToWasm0(target, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len2 = WASM_VECTOR_LEN;
      ptr3 = isLikeNone(released) ? 0 : passStringToWasm0(released, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len3 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr3) {
        wasm.__wbindgen_free(ptr3, len3 * 1, 1);
      }
      if (ptr2) {
        wasm.__wbindgen_free(ptr2, len2 * 1, 1);
      }
      if (ptr1) {
        wasm.__externref_drop_slice(ptr1, len1);
        wasm.__wbindgen_free(ptr1, len1 * 4, 4);
      }
      if (ptr0) {
        wasm.__externref_drop_slice(ptr0, len0);
        wasm.__wbindgen_free(ptr0, len0 * 4, 4);
      }
      throw e;
    }
    const ret = wasm.generate(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3);
    return ret;
  }
  function initFromFile(names, texts, name, text, place) {
    let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
    try {
      ptr0 = passArrayJsValueToWasm0(names, wasm.__wbindgen_malloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passArrayJsValueToWasm0(texts, wasm.__wbindgen_malloc);
      len1 = WASM_VECTOR_LEN;
      ptr2 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len2 = WASM_VECTOR_LEN;
      ptr3 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len3 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr3) {
        wasm.__wbindgen_free(ptr3, len3 * 1, 1);
      }
      if (ptr2) {
        wasm.__wbindgen_free(ptr2, len2 * 1, 1);
      }
      if (ptr1) {
        wasm.__externref_drop_slice(ptr1, len1);
        wasm.__wbindgen_free(ptr1, len1 * 4, 4);
      }
      if (ptr0) {
        wasm.__externref_drop_slice(ptr0, len0);
        wasm.__wbindgen_free(ptr0, len0 * 4, 4);
      }
      throw e;
    }
    const ret = wasm.initFromFile(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, place);
    return ret;
  }
  function initStep(names, texts, answers, place) {
    let ptr0, len0, ptr1, len1, ptr2, len2;
    try {
      ptr0 = passArrayJsValueToWasm0(names, wasm.__wbindgen_malloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passArrayJsValueToWasm0(texts, wasm.__wbindgen_malloc);
      len1 = WASM_VECTOR_LEN;
      ptr2 = passArrayJsValueToWasm0(answers, wasm.__wbindgen_malloc);
      len2 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr2) {
        wasm.__externref_drop_slice(ptr2, len2);
        wasm.__wbindgen_free(ptr2, len2 * 4, 4);
      }
      if (ptr1) {
        wasm.__externref_drop_slice(ptr1, len1);
        wasm.__wbindgen_free(ptr1, len1 * 4, 4);
      }
      if (ptr0) {
        wasm.__externref_drop_slice(ptr0, len0);
        wasm.__wbindgen_free(ptr0, len0 * 4, 4);
      }
      throw e;
    }
    const ret = wasm.initStep(ptr0, len0, ptr1, len1, ptr2, len2, place);
    return ret;
  }
  function manage(raw, task, host, spelling) {
    var ptr0 = isLikeNone(spelling) ? 0 : passStringToWasm0(spelling, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    var len0 = WASM_VECTOR_LEN;
    const ret = wasm.manage(raw, task, host, ptr0, len0);
    return ret;
  }
  function problemsOf(names, texts) {
    let ptr0, len0, ptr1, len1;
    try {
      ptr0 = passArrayJsValueToWasm0(names, wasm.__wbindgen_malloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passArrayJsValueToWasm0(texts, wasm.__wbindgen_malloc);
      len1 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr1) {
        wasm.__externref_drop_slice(ptr1, len1);
        wasm.__wbindgen_free(ptr1, len1 * 4, 4);
      }
      if (ptr0) {
        wasm.__externref_drop_slice(ptr0, len0);
        wasm.__wbindgen_free(ptr0, len0 * 4, 4);
      }
      throw e;
    }
    const ret = wasm.problemsOf(ptr0, len0, ptr1, len1);
    return ret;
  }
  function profileSettings2(text, name, keys) {
    let ptr0, len0, ptr1, len1, ptr2, len2;
    try {
      ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len0 = WASM_VECTOR_LEN;
      ptr1 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      len1 = WASM_VECTOR_LEN;
      ptr2 = passArrayJsValueToWasm0(keys, wasm.__wbindgen_malloc);
      len2 = WASM_VECTOR_LEN;
    } catch (e) {
      if (ptr2) {
        wasm.__externref_drop_slice(ptr2, len2);
        wasm.__wbindgen_free(ptr2, len2 * 4, 4);
      }
      if (ptr1) {
        wasm.__wbindgen_free(ptr1, len1 * 1, 1);
      }
      if (ptr0) {
        wasm.__wbindgen_free(ptr0, len0 * 1, 1);
      }
      throw e;
    }
    const ret = wasm.profileSettings(ptr0, len0, ptr1, len1, ptr2, len2);
    let v4;
    if (ret[0] !== 0) {
      v4 = getArrayJsValueFromWasm0(ret[0], ret[1]);
      wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    }
    return v4;
  }
  function quotedCommand(words) {
    let deferred3_0;
    let deferred3_1;
    try {
      const ptr0 = passArrayJsValueToWasm0(words, wasm.__wbindgen_malloc);
      const len0 = WASM_VECTOR_LEN;
      const ret = wasm.quotedCommand(ptr0, len0);
      var ptr2 = ret[0];
      var len2 = ret[1];
      if (ret[3]) {
        ptr2 = 0;
        len2 = 0;
        throw takeFromExternrefTable0(ret[2]);
      }
      deferred3_0 = ptr2;
      deferred3_1 = len2;
      return getStringFromWasm0(ptr2, len2);
    } finally {
      wasm.__wbindgen_free(deferred3_0, deferred3_1, 1);
    }
  }
  function snapshotScript(asked) {
    const ret = wasm.snapshotScript(asked);
    return ret;
  }
  function tokenServer(text) {
    const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.tokenServer(ptr0, len0);
    if (ret[3]) {
      throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayJsValueFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
  }
  function __wbg_Error_208446807d0d1e30(arg0, arg1) {
    const ret = Error(getStringFromWasm0(arg0, arg1));
    return ret;
  }
  function __wbg_Number_ff192a72a0dcdf6d(arg0) {
    const ret = Number(arg0);
    return ret;
  }
  function __wbg___wbindgen_bigint_get_as_i64_11da4b52cd0aedef(arg0, arg1) {
    const v = arg1;
    const ret = typeof v === "bigint" ? v : void 0;
    getDataViewMemory0().setBigInt64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? BigInt(0) : ret, true);
    getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
  }
  function __wbg___wbindgen_boolean_get_4f1baf9a00be3c74(arg0) {
    const v = arg0;
    const ret = typeof v === "boolean" ? v : void 0;
    return isLikeNone(ret) ? 16777215 : ret ? 1 : 0;
  }
  function __wbg___wbindgen_in_3f58a9d3b3a7eed2(arg0, arg1) {
    const ret = arg0 in arg1;
    return ret;
  }
  function __wbg___wbindgen_is_bigint_5fa10641e039d3ef(arg0) {
    const ret = typeof arg0 === "bigint";
    return ret;
  }
  function __wbg___wbindgen_is_function_741ff2bb612836f5(arg0) {
    const ret = typeof arg0 === "function";
    return ret;
  }
  function __wbg___wbindgen_is_object_8b968c3ab8e96595(arg0) {
    const val = arg0;
    const ret = typeof val === "object" && val !== null;
    return ret;
  }
  function __wbg___wbindgen_is_string_fc456fee5d3317de(arg0) {
    const ret = typeof arg0 === "string";
    return ret;
  }
  function __wbg___wbindgen_is_undefined_be5b34249ff1fc15(arg0) {
    const ret = arg0 === void 0;
    return ret;
  }
  function __wbg___wbindgen_jsval_eq_38d7bfbe4cc84039(arg0, arg1) {
    const ret = arg0 === arg1;
    return ret;
  }
  function __wbg___wbindgen_jsval_loose_eq_b2f214e2e4b30e36(arg0, arg1) {
    const ret = arg0 == arg1;
    return ret;
  }
  function __wbg___wbindgen_number_get_934b640d0889af78(arg0, arg1) {
    const obj = arg1;
    const ret = typeof obj === "number" ? obj : void 0;
    getDataViewMemory0().setFloat64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? 0 : ret, true);
    getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
  }
  function __wbg___wbindgen_string_get_7ce8eee7fd327545(arg0, arg1) {
    const obj = arg1;
    const ret = typeof obj === "string" ? obj : void 0;
    var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    var len1 = WASM_VECTOR_LEN;
    getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
    getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
  }
  function __wbg___wbindgen_throw_4c88d8bf264fd984(arg0, arg1) {
    throw new Error(getStringFromWasm0(arg0, arg1));
  }
  function __wbg__wbg_cb_unref_09736879a3f67559(arg0) {
    arg0._wbg_cb_unref();
  }
  function __wbg_allSent_0b16e244e202d416(arg0) {
    const ret = arg0.allSent();
    return ret;
  }
  function __wbg_call_40b008ba32f73991() {
    return handleError(function(arg0, arg1) {
      const ret = arg0.call(arg1);
      return ret;
    }, arguments);
  }
  function __wbg_call_a410eb4b59ed5965() {
    return handleError(function(arg0, arg1, arg2) {
      const ret = arg0.call(arg1, arg2);
      return ret;
    }, arguments);
  }
  function __wbg_connectEarly_18b44761cabbceaa(arg0, arg1, arg2, arg3) {
    arg0.connectEarly(getStringFromWasm0(arg1, arg2), arg3 >>> 0);
  }
  function __wbg_done_57e08d0be6e30c02(arg0) {
    const ret = arg0.done;
    return ret;
  }
  function __wbg_entries_7bb1459bd9b5c2b9(arg0) {
    const ret = Object.entries(arg0);
    return ret;
  }
  function __wbg_fromCodePoint_84793ae8d520c4b9() {
    return handleError(function(arg0) {
      const ret = String.fromCodePoint(arg0 >>> 0);
      return ret;
    }, arguments);
  }
  function __wbg_getRandomValues_8b6f1f663e6f188d() {
    return handleError(function(arg0, arg1) {
      getRandomValues(getArrayU8FromWasm0(arg0, arg1));
    }, arguments);
  }
  function __wbg_get_2080c49015e35254() {
    return handleError(function(arg0, arg1) {
      const ret = Reflect.get(arg0, arg1);
      return ret;
    }, arguments);
  }
  function __wbg_get_635eea311fa1a291() {
    return handleError(function(arg0, arg1) {
      const ret = Reflect.get(arg0, arg1);
      return ret;
    }, arguments);
  }
  function __wbg_get_d7176cfb76d71114(arg0, arg1) {
    const ret = arg0[arg1 >>> 0];
    return ret;
  }
  function __wbg_get_unchecked_e6325ad374eff861(arg0, arg1) {
    const ret = arg0[arg1 >>> 0];
    return ret;
  }
  function __wbg_get_with_ref_key_fc601247060b7204(arg0, arg1) {
    const ret = arg0[arg1];
    return ret;
  }
  function __wbg_githubToken_4c5649c3cf9c672a() {
    return handleError(function(arg0, arg1, arg2, arg3, arg4) {
      const ret = arg0.githubToken(getStringFromWasm0(arg1, arg2), arg3, arg4 >>> 0);
      return ret;
    }, arguments);
  }
  function __wbg_instanceof_ArrayBuffer_12cdaa4161423e6b(arg0) {
    let result;
    try {
      result = arg0 instanceof ArrayBuffer;
    } catch (_) {
      result = false;
    }
    const ret = result;
    return ret;
  }
  function __wbg_instanceof_Map_0b4fc8b62e73f163(arg0) {
    let result;
    try {
      result = arg0 instanceof Map;
    } catch (_) {
      result = false;
    }
    const ret = result;
    return ret;
  }
  function __wbg_instanceof_Uint8Array_d7aeb0dcb3108fea(arg0) {
    let result;
    try {
      result = arg0 instanceof Uint8Array;
    } catch (_) {
      result = false;
    }
    const ret = result;
    return ret;
  }
  function __wbg_isArray_bcf1376d0d732d08(arg0) {
    const ret = Array.isArray(arg0);
    return ret;
  }
  function __wbg_isSafeInteger_1a35ba4d31e71d38(arg0) {
    const ret = Number.isSafeInteger(arg0);
    return ret;
  }
  function __wbg_iterator_e4c5e8f68ada7b58() {
    const ret = Symbol.iterator;
    return ret;
  }
  function __wbg_length_186163212ffe79c3(arg0) {
    const ret = arg0.length;
    return ret;
  }
  function __wbg_length_b03a0fabb109b1e9(arg0) {
    const ret = arg0.length;
    return ret;
  }
  function __wbg_log_663af3f8371009da(arg0, arg1, arg2, arg3, arg4, arg5, arg6) {
    var v0 = getArrayJsValueFromWasm0(arg5, arg6);
    wasm.__wbindgen_free(arg5, arg6 * 4, 4);
    arg0.log(getStringFromWasm0(arg1, arg2), getStringFromWasm0(arg3, arg4), v0);
  }
  function __wbg_monotonicMs_bdea858cf4969721(arg0) {
    const ret = arg0.monotonicMs();
    return ret;
  }
  function __wbg_new_13de428334042d26(arg0) {
    const ret = new Uint8Array(arg0);
    return ret;
  }
  function __wbg_new_37eb45aaf5eeb820() {
    const ret = new Array();
    return ret;
  }
  function __wbg_new_7075786089b89c5e() {
    const ret = /* @__PURE__ */ new Map();
    return ret;
  }
  function __wbg_new_cd4348290afae586() {
    const ret = new Object();
    return ret;
  }
  function __wbg_new_typed_e09da9dae6ee5935(arg0, arg1) {
    try {
      var state0 = { a: arg0, b: arg1 };
      var cb0 = (arg02, arg12) => {
        const a = state0.a;
        state0.a = 0;
        try {
          return wasm_bindgen_e44edd6d937718a7___convert__closures_____invoke___js_sys_58a2b70e5eb4b693___Function_fn_wasm_bindgen_e44edd6d937718a7___JsValue_____wasm_bindgen_e44edd6d937718a7___sys__Undefined___js_sys_58a2b70e5eb4b693___Function_fn_wasm_bindgen_e44edd6d937718a7___JsValue_____wasm_bindgen_e44edd6d937718a7___sys__Undefined_______true_(a, state0.b, arg02, arg12);
        } finally {
          state0.a = a;
        }
      };
      const ret = new Promise(cb0);
      return ret;
    } finally {
      state0.a = 0;
    }
  }
  function __wbg_next_178c1651c11432b3(arg0) {
    const ret = arg0.next;
    return ret;
  }
  function __wbg_next_af5ac6a08bb0a717() {
    return handleError(function(arg0) {
      const ret = arg0.next();
      return ret;
    }, arguments);
  }
  function __wbg_nowMs_3fe27dea00504b08(arg0) {
    const ret = arg0.nowMs();
    return ret;
  }
  function __wbg_prototypesetcall_13162965d1fe7aa3(arg0, arg1, arg2) {
    Uint8Array.prototype.set.call(getArrayU8FromWasm0(arg0, arg1), arg2);
  }
  function __wbg_queueMicrotask_1e8503a8a690f0a3(arg0) {
    const ret = arg0.queueMicrotask;
    return ret;
  }
  function __wbg_queueMicrotask_4a1a4d8dd332373b(arg0) {
    queueMicrotask(arg0);
  }
  function __wbg_resolve_dbf78ab4942478b0(arg0) {
    const ret = Promise.resolve(arg0);
    return ret;
  }
  function __wbg_send_91201c16cfb30503() {
    return handleError(function(arg0, arg1, arg2) {
      const ret = arg0.send(arg1, arg2);
      return ret;
    }, arguments);
  }
  function __wbg_set_8282f7e0d2d01336(arg0, arg1, arg2) {
    const ret = arg0.set(arg1, arg2);
    return ret;
  }
  function __wbg_set_d2d33b52458e984a(arg0, arg1, arg2) {
    arg0[arg1 >>> 0] = arg2;
  }
  function __wbg_set_e4b9a833d288759a(arg0, arg1, arg2) {
    arg0[arg1] = arg2;
  }
  function __wbg_sleep_278d35963bf40530(arg0, arg1) {
    const ret = arg0.sleep(arg1);
    return ret;
  }
  function __wbg_static_accessor_GLOBAL_THIS_003ee833af9699fc() {
    const ret = typeof globalThis === "undefined" ? void 0 : globalThis;
    return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
  }
  function __wbg_static_accessor_GLOBAL_e4293fb22cbe77da() {
    const ret = typeof global === "undefined" ? void 0 : global;
    return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
  }
  function __wbg_static_accessor_SELF_53bb20457401453d() {
    const ret = typeof self === "undefined" ? void 0 : self;
    return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
  }
  function __wbg_static_accessor_WINDOW_b5e0810bfecb7feb() {
    const ret = typeof window === "undefined" ? void 0 : window;
    return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
  }
  function __wbg_then_656f253a5dd7d8ea(arg0, arg1, arg2) {
    const ret = arg0.then(arg1, arg2);
    return ret;
  }
  function __wbg_then_e3f7f2d365708be8(arg0, arg1) {
    const ret = arg0.then(arg1);
    return ret;
  }
  function __wbg_value_e0f328965e184931(arg0) {
    const ret = arg0.value;
    return ret;
  }
  function __wbg_verifyRs256_f3722c9f0b83da05() {
    return handleError(function(arg0, arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8) {
      const ret = arg0.verifyRs256(getArrayU8FromWasm0(arg1, arg2), getArrayU8FromWasm0(arg3, arg4), getArrayU8FromWasm0(arg5, arg6), getArrayU8FromWasm0(arg7, arg8));
      return ret;
    }, arguments);
  }
  function __wbindgen_generic_0000000000000001(arg0, arg1) {
    const ret = makeMutClosure(arg0, arg1, wasm_bindgen_e44edd6d937718a7___convert__closures_____invoke___wasm_bindgen_e44edd6d937718a7___JsValue__core_27cd0353e63fa9bc___result__Result_____wasm_bindgen_e44edd6d937718a7___JsError___true_);
    return ret;
  }
  function __wbindgen_generic_0000000000000002(arg0) {
    const ret = arg0;
    return ret;
  }
  function __wbindgen_generic_0000000000000003(arg0) {
    const ret = arg0;
    return ret;
  }
  function __wbindgen_generic_0000000000000004(arg0, arg1) {
    const ret = getStringFromWasm0(arg0, arg1);
    return ret;
  }
  function __wbindgen_generic_0000000000000005(arg0) {
    const ret = BigInt.asUintN(64, arg0);
    return ret;
  }
  function __wbindgen_generic_0000000000000006(arg0, arg1) {
    var v0 = getArrayJsValueFromWasm0(arg0, arg1);
    wasm.__wbindgen_free(arg0, arg1 * 4, 4);
    const ret = v0;
    return ret;
  }
  function __wbindgen_init_externref_table() {
    const table3 = wasm.__wbindgen_externrefs;
    table3.set(0, void 0);
    table3.set(1024, void 0);
    table3.set(1025, null);
    table3.set(1026, true);
    table3.set(1027, false);
  }
  function wasm_bindgen_e44edd6d937718a7___convert__closures_____invoke___wasm_bindgen_e44edd6d937718a7___JsValue__core_27cd0353e63fa9bc___result__Result_____wasm_bindgen_e44edd6d937718a7___JsError___true_(arg0, arg1, arg2) {
    const ret = wasm.wasm_bindgen_e44edd6d937718a7___convert__closures_____invoke___wasm_bindgen_e44edd6d937718a7___JsValue__core_27cd0353e63fa9bc___result__Result_____wasm_bindgen_e44edd6d937718a7___JsError___true_(arg0, arg1, arg2);
    if (ret[1]) {
      throw takeFromExternrefTable0(ret[0]);
    }
  }
  function wasm_bindgen_e44edd6d937718a7___convert__closures_____invoke___js_sys_58a2b70e5eb4b693___Function_fn_wasm_bindgen_e44edd6d937718a7___JsValue_____wasm_bindgen_e44edd6d937718a7___sys__Undefined___js_sys_58a2b70e5eb4b693___Function_fn_wasm_bindgen_e44edd6d937718a7___JsValue_____wasm_bindgen_e44edd6d937718a7___sys__Undefined_______true_(arg0, arg1, arg2, arg3) {
    wasm.wasm_bindgen_e44edd6d937718a7___convert__closures_____invoke___js_sys_58a2b70e5eb4b693___Function_fn_wasm_bindgen_e44edd6d937718a7___JsValue_____wasm_bindgen_e44edd6d937718a7___sys__Undefined___js_sys_58a2b70e5eb4b693___Function_fn_wasm_bindgen_e44edd6d937718a7___JsValue_____wasm_bindgen_e44edd6d937718a7___sys__Undefined_______true_(arg0, arg1, arg2, arg3);
  }
  function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
  }
  const CLOSURE_DTORS = typeof FinalizationRegistry === "undefined" ? { register: () => {
  }, unregister: () => {
  } } : new FinalizationRegistry((state) => wasm.__wbindgen_destroy_closure(state.a, state.b));
  function getArrayJsValueFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    const mem = getDataViewMemory0();
    const result = [];
    for (let i = ptr; i < ptr + 4 * len; i += 4) {
      result.push(wasm.__wbindgen_externrefs.get(mem.getUint32(i, true)));
    }
    wasm.__externref_drop_slice(ptr, len);
    return result;
  }
  function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
  }
  let cachedDataViewMemory0 = null;
  function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || cachedDataViewMemory0.buffer.detached === void 0 && cachedDataViewMemory0.buffer !== wasm.memory.buffer) {
      cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
  }
  function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
  }
  let cachedUint8ArrayMemory0 = null;
  function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
      cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
  }
  function handleError(f, args2) {
    try {
      return f.apply(this, args2);
    } catch (e) {
      const idx = addToExternrefTable0(e);
      wasm.__wbindgen_exn_store(idx);
    }
  }
  function isLikeNone(x) {
    return x === void 0 || x === null;
  }
  function makeMutClosure(arg0, arg1, f) {
    const state = { a: arg0, b: arg1, cnt: 1 };
    const real = (...args2) => {
      state.cnt++;
      const a = state.a;
      state.a = 0;
      try {
        return f(a, state.b, ...args2);
      } finally {
        state.a = a;
        real._wbg_cb_unref();
      }
    };
    real._wbg_cb_unref = () => {
      if (--state.cnt === 0) {
        wasm.__wbindgen_destroy_closure(state.a, state.b);
        state.a = 0;
        CLOSURE_DTORS.unregister(state);
      }
    };
    CLOSURE_DTORS.register(real, state, state);
    return real;
  }
  function passArrayJsValueToWasm0(array, malloc) {
    const ptr = malloc(array.length * 4, 4) >>> 0;
    for (let i = 0; i < array.length; i++) {
      const add = addToExternrefTable0(array[i]);
      getDataViewMemory0().setUint32(ptr + 4 * i, add, true);
    }
    WASM_VECTOR_LEN = array.length;
    return ptr;
  }
  function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === void 0) {
      const buf = cachedTextEncoder.encode(arg);
      const ptr2 = malloc(buf.length, 1) >>> 0;
      getUint8ArrayMemory0().subarray(ptr2, ptr2 + buf.length).set(buf);
      WASM_VECTOR_LEN = buf.length;
      return ptr2;
    }
    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;
    const mem = getUint8ArrayMemory0();
    let offset = 0;
    for (; offset < len; offset++) {
      const code = arg.charCodeAt(offset);
      if (code > 127) break;
      mem[ptr + offset] = code;
    }
    if (offset !== len) {
      if (offset !== 0) {
        arg = arg.slice(offset);
      }
      ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
      const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
      const ret = cachedTextEncoder.encodeInto(arg, view);
      offset += ret.written;
      ptr = realloc(ptr, len, offset, 1) >>> 0;
    }
    WASM_VECTOR_LEN = offset;
    return ptr;
  }
  function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
  }
  let cachedTextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
  cachedTextDecoder.decode();
  const MAX_SAFARI_DECODE_BYTES = 2146435072;
  let numBytesDecoded = 0;
  function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
      cachedTextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
      cachedTextDecoder.decode();
      numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
  }
  const cachedTextEncoder = new TextEncoder();
  if (!("encodeInto" in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function(arg, view) {
      const buf = cachedTextEncoder.encode(arg);
      view.set(buf);
      return {
        read: arg.length,
        written: buf.length
      };
    };
  }
  let WASM_VECTOR_LEN = 0;
  let wasm;
  function __wbg_set_wasm(val) {
    wasm = val;
  }
  return { addToTrail, audit: audit2, beginTrail, checkSnapshot, configure: configure2, doctor: doctor2, environmentVariables, evaluate, explain: explain2, finishTrail, generate: generate2, initFromFile, initStep, manage, problemsOf, profileSettings: profileSettings2, quotedCommand, snapshotScript, tokenServer, __wbg_Error_208446807d0d1e30, __wbg_Number_ff192a72a0dcdf6d, __wbg___wbindgen_bigint_get_as_i64_11da4b52cd0aedef, __wbg___wbindgen_boolean_get_4f1baf9a00be3c74, __wbg___wbindgen_in_3f58a9d3b3a7eed2, __wbg___wbindgen_is_bigint_5fa10641e039d3ef, __wbg___wbindgen_is_function_741ff2bb612836f5, __wbg___wbindgen_is_object_8b968c3ab8e96595, __wbg___wbindgen_is_string_fc456fee5d3317de, __wbg___wbindgen_is_undefined_be5b34249ff1fc15, __wbg___wbindgen_jsval_eq_38d7bfbe4cc84039, __wbg___wbindgen_jsval_loose_eq_b2f214e2e4b30e36, __wbg___wbindgen_number_get_934b640d0889af78, __wbg___wbindgen_string_get_7ce8eee7fd327545, __wbg___wbindgen_throw_4c88d8bf264fd984, __wbg__wbg_cb_unref_09736879a3f67559, __wbg_allSent_0b16e244e202d416, __wbg_call_40b008ba32f73991, __wbg_call_a410eb4b59ed5965, __wbg_connectEarly_18b44761cabbceaa, __wbg_done_57e08d0be6e30c02, __wbg_entries_7bb1459bd9b5c2b9, __wbg_fromCodePoint_84793ae8d520c4b9, __wbg_getRandomValues_8b6f1f663e6f188d, __wbg_get_2080c49015e35254, __wbg_get_635eea311fa1a291, __wbg_get_d7176cfb76d71114, __wbg_get_unchecked_e6325ad374eff861, __wbg_get_with_ref_key_fc601247060b7204, __wbg_githubToken_4c5649c3cf9c672a, __wbg_instanceof_ArrayBuffer_12cdaa4161423e6b, __wbg_instanceof_Map_0b4fc8b62e73f163, __wbg_instanceof_Uint8Array_d7aeb0dcb3108fea, __wbg_isArray_bcf1376d0d732d08, __wbg_isSafeInteger_1a35ba4d31e71d38, __wbg_iterator_e4c5e8f68ada7b58, __wbg_length_186163212ffe79c3, __wbg_length_b03a0fabb109b1e9, __wbg_log_663af3f8371009da, __wbg_monotonicMs_bdea858cf4969721, __wbg_new_13de428334042d26, __wbg_new_37eb45aaf5eeb820, __wbg_new_7075786089b89c5e, __wbg_new_cd4348290afae586, __wbg_new_typed_e09da9dae6ee5935, __wbg_next_178c1651c11432b3, __wbg_next_af5ac6a08bb0a717, __wbg_nowMs_3fe27dea00504b08, __wbg_prototypesetcall_13162965d1fe7aa3, __wbg_queueMicrotask_1e8503a8a690f0a3, __wbg_queueMicrotask_4a1a4d8dd332373b, __wbg_resolve_dbf78ab4942478b0, __wbg_send_91201c16cfb30503, __wbg_set_8282f7e0d2d01336, __wbg_set_d2d33b52458e984a, __wbg_set_e4b9a833d288759a, __wbg_sleep_278d35963bf40530, __wbg_static_accessor_GLOBAL_THIS_003ee833af9699fc, __wbg_static_accessor_GLOBAL_e4293fb22cbe77da, __wbg_static_accessor_SELF_53bb20457401453d, __wbg_static_accessor_WINDOW_b5e0810bfecb7feb, __wbg_then_656f253a5dd7d8ea, __wbg_then_e3f7f2d365708be8, __wbg_value_e0f328965e184931, __wbg_verifyRs256_f3722c9f0b83da05, __wbindgen_generic_0000000000000001, __wbindgen_generic_0000000000000002, __wbindgen_generic_0000000000000003, __wbindgen_generic_0000000000000004, __wbindgen_generic_0000000000000005, __wbindgen_generic_0000000000000006, __wbindgen_init_externref_table, __wbg_set_wasm };
}

// npm/load-admin.ts
var adminInstance = instanceOf(new URL("./env_kvstore_admin_bg.wasm.gz", import.meta.url), loadAdmin);
async function admin() {
  return (await adminInstance()).wasm;
}
async function loadAdmin(wasm, onTrap) {
  const glue = createGlue();
  const imports = withCaughtTraps(glue, onTrap);
  const { instance } = await WebAssembly.instantiate(gunzipSync(readFileSync(wasm)), {
    "./env_kvstore_admin_bg.js": imports
  });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports["__wbindgen_start"]();
  return glue;
}

// npm/output.ts
function print(text) {
  return written(process.stdout, text);
}
function isInActions() {
  return process.env["GITHUB_ACTIONS"] === "true";
}
async function maskInLog(masks) {
  if (isInActions()) await writeMasks(process.stderr, masks);
}
function warnOfShadow() {
  if (process.env["AWS_ACCESS_KEY_ID"]) {
    console.error(
      "env-kvstore: AWS_ACCESS_KEY_ID is set: AWS tools use it instead of a profile, unless their command line or code names the profile. Unset it where you use the profile."
    );
  }
}
var common = {
  spelling: "flag",
  /** As `maskInLog` does. */
  masked: isInActions(),
  log(kind, text) {
    if (kind === "warning" || kind === "notice") console.error(`env-kvstore: ${text}`);
  }
};

// npm/report.ts
import { styleText } from "node:util";
var COLUMNS = 80;
var COLOURS = { "+": "green", "-": "red", "~": "yellow", "=": "dim" };
function printJson(report2) {
  return print(jsonText(report2, { version: 1 }));
}
function jsonText(report2, first) {
  const json = JSON.stringify({ ...first, ...report2 }, null, 2);
  const escaped = (text) => [...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
  return `${json.replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, escaped)}
`;
}
function storeInJson({ name, repository, environment, kind, region, account, arn }) {
  return { name, repository, environment, kind, region, account, arn };
}
function marked(keys, stream) {
  return keys.map(({ key, change }) => `${coloured(`${change} ${printable(key)}`, COLOURS[change], stream)}
`).join("");
}
function counted(keys) {
  const names = [["+", "added"], ["~", "changed"], ["-", "removed"], ["=", "unchanged"]];
  const counts = names.map(([mark, name]) => [keys.filter(({ change }) => change === mark).length, name]);
  return counts.flatMap(([count, name]) => count > 0 ? [`${count} ${name}`] : []).join(", ") || "no keys";
}
function isSame(keys) {
  return keys.every(({ change }) => change === "=");
}
function coloured(text, colour, stream) {
  const isPlain = !stream.isTTY || !["", void 0].includes(process.env["NO_COLOR"]) || process.env["TERM"] === "dumb";
  return isPlain ? text : styleText(colour, text, { stream });
}
function table(titles, rows) {
  const texts = rows.map((row) => row.map(printable));
  const widths = titles.map((title, index) => Math.max(title.length, ...texts.map((row) => [...row[index] ?? ""].length)));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const left = Math.max(COLUMNS - before, 20);
  const line = (row) => {
    const cells = row.slice(0, -1).map((cell, index) => cell + " ".repeat(widths[index] + 2 - [...cell].length));
    return `${cells.join("")}${wrapped(row.at(-1) ?? "", left).join(`
${" ".repeat(before)}`)}`.replace(/ +$/gm, "");
  };
  return `${[titles, ...texts].map(line).join("\n")}
`;
}
function wrapped(text, width) {
  const lines2 = [""];
  for (const word of text.split(" ")) {
    const longer = lines2.at(-1) === "" ? word : `${lines2.at(-1)} ${word}`;
    if (longer.length <= width || lines2.at(-1) === "") lines2[lines2.length - 1] = longer;
    else lines2.push(word);
  }
  return lines2;
}
function dateOf(iso) {
  return iso === void 0 ? "" : iso.slice(0, 16).replace("T", " ");
}
function ageOf(iso, now = Date.now()) {
  const seconds = (now - Date.parse(iso ?? "")) / 1e3;
  if (!(seconds >= 0)) return "";
  const units = [[86400 * 365, "y"], [86400, "d"], [3600, "h"], [60, "min"]];
  const [unit, name] = units.find(([length]) => seconds >= length) ?? [1, "s"];
  return `${Math.floor(seconds / unit)} ${name}`;
}
function commandLine(words) {
  return shellLine(["env-kvstore", ...words]);
}
function shellLine(words) {
  const quoted2 = (word) => /^[\w./:@+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
  return words.map(quoted2).join(" ");
}
async function reportChange(command, changed, session, isDryRun = false) {
  const { store, keys, base, version, written: written3, created, lostRaces, tagsFromFile } = changed;
  const back = written3 && base ? commandLine(["rollback", ...session.flagsTo(store), base]) : void 0;
  if (session.isJson) {
    return printJson({
      command,
      dryRun: isDryRun,
      store: storeInJson(store),
      keys,
      written: written3,
      created,
      previousVersionId: base || void 0,
      versionId: version,
      lostRaces,
      ...tagsFromFile.length > 0 && { tagsFromFile: Object.fromEntries(tagsFromFile) },
      rollback: back
    });
  }
  const lines2 = [marked(keys, process.stdout)];
  const tags = tagsFromFile.length > 0 ? `Tags from kvstore.json: ${tagsFromFile.map(([key, value]) => `${printable(key)}=${printable(value)}`).join(", ")}
` : "";
  if (isDryRun) lines2.push(`${store.arn ? "" : "The store does not exist yet. "}Nothing was written: this was a dry run. ${counted(keys)}.
${tags}`);
  else if (!written3) lines2.push("Nothing was written: nothing would change.\n");
  else {
    lines2.push(`${created ? "Created" : "Changed"} ${printable(store.arn ?? store.name)}
Version ${version}${lostRaces > 0 ? `, written after ${lostRaces} other ${lostRaces === 1 ? "write" : "writes"} at the same time` : ""}
${tags}`);
    if (back) lines2.push(`To go back: ${back}
`);
  }
  await print(lines2.join(""));
}

// npm/rule-files.ts
import { readdirSync as readdirSync3, statSync as statSync3 } from "node:fs";
import path3 from "node:path";

// npm/snapshot-folder.ts
import { readdirSync as readdirSync2, readFileSync as readFileSync2, statSync as statSync2 } from "node:fs";
import path2 from "node:path";
var MAX_FILES = 2e5;
var MAX_BYTES2 = 512 * 1024 * 1024;
function snapshotTexts(folder) {
  if (!statSync2(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw wrongUsage(`${printable(folder)} is not a folder`, "Name the folder that env-kvstore snapshot wrote.");
  }
  const entries = readdirSync2(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && /\.(json|txt)$/.test(entry.name));
  const names = entries.map((entry) => entry.name).sort();
  if (names.length > MAX_FILES) throw tooLarge(folder, `${MAX_FILES} files`);
  let bytes = 0;
  return names.map((name) => {
    const file = path2.join(folder, name);
    bytes += statSync2(file).size;
    if (bytes > MAX_BYTES2) throw tooLarge(folder, `${MAX_BYTES2} bytes`);
    return [name, readFileSync2(file, "utf8")];
  });
}
function isEmptyOrAbsent(folder) {
  const found3 = statSync2(folder, { throwIfNoEntry: false });
  return found3 === void 0 || found3.isDirectory() && readdirSync2(folder).length === 0;
}
function tooLarge(folder, most) {
  return wrongUsage(`${printable(folder)} has more than ${most}`, "Take the snapshot of fewer secrets: --secret-prefix.");
}

// npm/text-files.ts
import { readFileSync as readFileSync3 } from "node:fs";
var MAX_BYTES3 = { values: 1024 * 1024, rules: 64 * 1024 * 1024 };
async function readTextFile(file, use = "values") {
  return file === "-" ? readStdin("-", use) : decoded(bytesOf(file), file, use);
}
async function readStdin(what = "stdin", use = "values") {
  const chunks = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES3[use]) throw tooLarge2(what, use);
  }
  return decoded(Buffer.concat(chunks), what, use);
}
function bytesOf(file) {
  try {
    return readFileSync3(file);
  } catch (error) {
    throw wrongUsage(`${printable(file)}: ${systemReason(error)}`, "Check the path and its permissions. Nothing was sent.");
  }
}
function decoded(bytes, what, use) {
  if (bytes.length > MAX_BYTES3[use]) throw tooLarge2(what, use);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const [why, next] = use === "values" ? [", and a value must be text", "Encode it, for example with base64. "] : ["", ""];
    throw wrongUsage(`${printable(what)} is not UTF-8${why}`, `${next}Nothing was sent.`);
  }
}
function tooLarge2(what, use) {
  const why = use === "values" ? ", and a store takes 65536" : "";
  return wrongUsage(`${printable(what)} has more than ${MAX_BYTES3[use]} bytes${why}`, "Nothing was sent.");
}

// npm/rule-files.ts
var KVSTORE_FILE = "kvstore.json";
async function textsOf(file) {
  return [[path3.basename(file), await readTextFile(file, "rules")], ...await partsOf(file)];
}
async function partsOf(file) {
  const folder = path3.join(path3.dirname(file), "kvstore.d");
  const names = isFolder(folder) ? readdirSync3(folder).filter((name) => name.endsWith(".json")).sort() : [];
  return Promise.all(names.map(async (name) => [`kvstore.d/${name}`, await readTextFile(path3.join(folder, name), "rules")]));
}
async function rulesOf({ file, snapshot: snapshot2 }) {
  if (file !== void 0 && snapshot2 !== void 0) throw wrongUsage("--file and --snapshot are both given", "Leave out one of them.");
  const from = snapshot2 ?? file ?? KVSTORE_FILE;
  if (snapshot2 === void 0 && isFolder(from)) throw wrongUsage(`${printable(from)} is a folder`, "See --file and --snapshot.");
  if (snapshot2 !== void 0 && !isFolder(from)) return { kind: "vault", texts: [[path3.basename(from), await readTextFile(from, "rules")]], from };
  return { ...await rulesAt(from), from };
}
async function rulesAt(place) {
  if (!isFolder(place)) return { kind: "file", texts: await textsOf(place) };
  return { kind: "snapshot", texts: snapshotTexts(place) };
}
function refuseProblems(problems, place, hint = "Correct the file. Nothing was written.") {
  if (problems.length > 0) throw wrongUsage(`${printable(place)} cannot be used:
${listed(problems)}`, hint);
}
function listed(problems) {
  const lines2 = problems.map(({ file, line, pointer, message }) => `${printable(file)}:${line}${pointer && ` ${printable(pointer)}`}: ${printable(message)}`);
  return lines2.join("\n");
}
function isFolder(place) {
  return statSync3(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

// npm/commands/audit.ts
var FORMATS = ["table", "json", "sarif", "html"];
var VIEWS = ["store", "repository", "role"];
var SEVERITIES = ["low", "medium", "high"];
var REACHED = 4;
var COLUMNS2 = 80;
var audit = {
  name: "audit",
  summary: "who can read each store, what is wrong with the rules, how they differ",
  usage: "[FLAGS]",
  about: [
    "Works out for every store which jobs can read it: trust policies, role policies, tags, boundaries, resource policies and keys are evaluated with a job's claims left open, and what remains is the condition on them. What cannot be decided counts as open, and is noted.",
    "The rules are those of kvstore.json, or of a snapshot of the account. Findings say what is wrong with them: docs/findings.md has each. --against adds how the rules differ from others, in what they let jobs read and not in how they are written; with kvstore.json there, a snapshot is checked for the tags and stores that the file demands. Sends nothing."
  ],
  inputs: [],
  flags: [
    { name: "file", value: "FILE", isFile: true, help: "The rules: kvstore.json. Default: kvstore.json." },
    { name: "snapshot", value: "FOLDER", isFile: true, help: "The rules: the folder of a snapshot of the account, or the file of a snapshot of Vault, in place of --file." },
    { name: "against", value: "PATH", isFile: true, help: "Other rules to compare with: kvstore.json, or a snapshot." },
    { name: "cloudtrail", value: "PATH", isFile: true, repeated: true, help: "CloudTrail's log files, gzipped or not, or a folder of them: who did read what, and what nobody used. May be repeated." },
    { name: "repository", value: "OWNER/NAME", help: "Only what jobs of this repository could read." },
    { name: "role", value: "NAME", help: "Only what is read by this role." },
    { name: "by", value: "VIEW", help: "List by store, repository or role. Default: store, or repository with --repository." },
    { name: "format", value: "FORMAT", help: "table, json, sarif (2.1.0, for code scanning) or html (one page). Default: table." },
    { name: "json", help: 'The same as --format json: one JSON object, with "version": 1.' },
    { name: "fail-on", value: "SEVERITY", help: "End with 4 if there is a finding of this severity or a worse one: low, medium or high." },
    { name: "output", value: "FILE", isFile: true, help: "Write the report to this file instead of stdout. A file that exists is replaced." }
  ],
  examples: [
    { what: "Who can read what:", command: "env-kvstore audit" },
    { what: "Has the account what the file says?", command: "env-kvstore audit --snapshot account --against kvstore.json --fail-on medium" },
    { what: "Who did read it, by CloudTrail:", command: "env-kvstore audit --snapshot account --cloudtrail AWSLogs" },
    { what: "A page to look at:", command: "env-kvstore audit --format html --output audit.html" },
    { what: "For code scanning:", command: "env-kvstore audit --format sarif --output audit.sarif" }
  ],
  exitCodes: [["4", "--fail-on: there is such a finding"]],
  async run({ own, switches }) {
    const { repository, role, against, output } = own;
    if (repository !== void 0 && !/^[^/\s]+\/[^/\s]+$/.test(repository)) throw wrongUsage("--repository is not OWNER/NAME");
    const format = chosen("format", own["format"] ?? (switches.has("json") ? "json" : "table"), FORMATS);
    if (own["cloudtrail"] !== void 0 && format !== "table" && format !== "json") throw wrongUsage(`--cloudtrail has no place in ${format}`, "Use the table or --json.");
    if (switches.has("json") && format !== "json") throw wrongUsage("--json and another --format are both given", "Leave out one of them.");
    const by = chosen("by", own["by"] ?? (repository === void 0 ? "store" : "repository"), VIEWS);
    const failOn = own["fail-on"] === void 0 ? void 0 : chosen("fail-on", own["fail-on"], SEVERITIES);
    const { from: place, ...rules } = await rulesOf(own);
    const columns2 = output === void 0 && process.stdout.columns || COLUMNS2;
    const asked = { repository, role, format, by, columns: columns2, failOn, artifact: artifactOf(place), version: "1.0.0" };
    const answer = (await admin()).audit(rules, against === void 0 ? void 0 : await rulesAt(against), asked);
    refuseProblems(answer.problems, [place, against].filter((one) => one !== void 0).join(" or "), "Correct what is named. Nothing was written.");
    if (answer.unknownRole !== null) throw wrongUsage(`there is no role ${printable(answer.unknownRole)} in ${printable(place)}`, "Leave out --role to see all.");
    const trail = own["cloudtrail"] === void 0 ? void 0 : await trailOf(own["cloudtrail"].split("\n"), rules, columns2);
    const text = textIn(format, answer.text, trail);
    if (output === void 0) await print(text);
    else writeFileSync(output, text);
    if (answer.fails) console.error(`There is a finding of severity ${failOn} or worse.`);
    return answer.fails ? REACHED : 0;
  }
};
function textIn(format, report2, trail) {
  if (format === "html") return report2;
  if (format === "table") return report2 + (trail?.text ?? "");
  const head = format === "json" ? { version: 1, command: "audit" } : {};
  return jsonText({ ...JSON.parse(report2), ...format === "json" && trail && { usage: trail.usage } }, head);
}
async function trailOf(paths, rules, columns2) {
  const core = await admin();
  core.beginTrail(rules);
  const problem = await addCloudTrailFiles(core, paths);
  if (problem) refuseProblems([problem], problem.file, "CloudTrail writes JSON with `Records`, gzipped or not.");
  return core.finishTrail(rules, columns2);
}
function chosen(flag, value, values) {
  const known = values.find((one) => one === value);
  if (known === void 0) throw wrongUsage(`--${flag} ${printable(value)}: one of ${values.join(", ")} is expected`);
  return known;
}
function artifactOf(place) {
  return (path4.relative("", place) || place).split(path4.sep).join("/");
}

// npm/completion.ts
var SHELLS = ["bash", "zsh", "fish"];
function completionScript(shell, commands) {
  const scripts = { bash, zsh, fish };
  return scripts[shell](commands);
}
var GENERAL = ["help", "--help", "--version"];
var HELP = { name: "help", help: "Print this help." };
function bash(commands) {
  const names = commands.map(({ name }) => name);
  const valueCases = (command) => flagsOf(command).filter(({ value }) => value).map(({ name, choices, isFile }) => {
    const words = choices ? `COMPREPLY=($(compgen -W '${choices.join(" ")}' -- "$cur"))` : isFile ? 'COMPREPLY=($(compgen -f -- "$cur"))' : "";
    return `        --${name}) ${words ? `${words}; ` : ""}return ;;
`;
  }).join("");
  const cases = commands.map((command) => {
    const flags = [...flagsOf(command), HELP].map(({ name }) => `--${name}`).join(" ");
    const values = valueCases(command);
    const operands = command.choices ? `words='${command.choices.join(" ")}'` : command.takesFiles ? "files=true" : "";
    return `    ${command.name})
${values ? `      case $prev in
${values}      esac
` : ""}      flags='${flags}'
${operands ? `      ${operands}
` : ""}      ;;
`;
  });
  return `# Completion of env-kvstore for bash: source <(env-kvstore completion bash)
_env_kvstore() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} flags='' words='' files='' i
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${[...names, ...GENERAL].join(" ")}' -- "$cur"))
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    # What follows is another command and its files.
    if [ "\${COMP_WORDS[i]}" = -- ]; then
      if [ "$i" -eq "$((COMP_CWORD - 1))" ]; then
        COMPREPLY=($(compgen -c -- "$cur"))
      else
        COMPREPLY=($(compgen -f -- "$cur"))
      fi
      return
    fi
  done
  # Bash takes the = of --flag=value for a word.
  if [ "$cur" = = ]; then
    cur=''
  elif [ "$prev" = = ]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case \${COMP_WORDS[1]} in
    help) words='${names.join(" ")}' ;;
${cases.join("")}  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *)
      if [ "$files" ]; then
        COMPREPLY=($(compgen -f -- "$cur"))
      else
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
      fi
      ;;
  esac
}
complete -F _env_kvstore env-kvstore
`;
}
function zsh(commands) {
  const escaped = (text) => text.replace(/[[\]:\\]/g, "\\$&").replaceAll("'", `'\\''`);
  const argument = ({ name, value, help, choices, isFile, repeated: repeated2 }) => {
    const action = choices ? `(${choices.join(" ")})` : isFile ? "_files" : " ";
    return `'${repeated2 ? "*" : ""}--${name}${value ? "=" : ""}[${escaped(help)}]${value ? `:${escaped(value)}:${action}` : ""}'`;
  };
  const operands = ({ operands: operands2, choices, takesFiles }) => {
    if (choices) return [`'1:shell:(${choices.join(" ")})'`];
    if (takesFiles) return [`'1:file:_files'`];
    return operands2 === "command" ? [`'(-)1:command: _command_names -e'`, `'*::arguments: _normal'`] : operands2 ? [`'*:name: '`] : [];
  };
  const cases = commands.map((command) => {
    const rows = [...flagsOf(command), HELP].map(argument).concat(operands(command));
    return `    ${command.name})
      _arguments -s -S ${rows.join(" \\\n        ")}
      ;;
`;
  });
  const described = commands.map(({ name, summary }) => `    '${name}:${escaped(summary)}'`);
  return `#compdef env-kvstore
# Completion of env-kvstore for zsh: source <(env-kvstore completion zsh)
_env_kvstore() {
  local -a commands
  commands=(
${described.join("\n")}
    'help:print the help of a command'
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
    help)
      (( CURRENT == 2 )) && _describe -t commands command commands
      ;;
${cases.join("")}  esac
}
if [ "$funcstack[1]" = _env_kvstore ]; then
  _env_kvstore "$@"
else
  compdef _env_kvstore env-kvstore
fi
`;
}
function fish(commands) {
  const quoted2 = (text) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const names = commands.map(({ name }) => name).join(" ");
  const line = (...words) => `complete -c env-kvstore ${words.join(" ")}
`;
  const none = `-n ${quoted2(`not __fish_seen_subcommand_from ${names} help`)}`;
  const ofCommand = (command) => {
    const seen = `-n ${quoted2(`__fish_seen_subcommand_from ${command.name}`)}`;
    const flags = [...flagsOf(command), HELP].map(({ name, value, help, choices, isFile }) => {
      const of = choices ? `-x -a ${quoted2(choices.join(" "))}` : isFile ? "-r -F" : value ? "-x" : "";
      return line(seen, `-l ${name}`, of, `-d ${quoted2(help)}`).replace("  ", " ");
    });
    const operands = command.choices ? [line(seen, `-a ${quoted2(command.choices.join(" "))}`)] : command.takesFiles ? [line(seen, "-F")] : [];
    const rest = command.operands === "command" ? [line(seen, `-a ${quoted2("(__fish_complete_subcommand)")}`)] : [];
    return [...flags, ...operands, ...rest].join("");
  };
  return `# Completion of env-kvstore for fish: env-kvstore completion fish | source
complete -c env-kvstore -f
${commands.map(({ name, summary }) => line(none, `-a ${name}`, `-d ${quoted2(summary)}`)).join("")}${line(none, "-a help", `-d ${quoted2("print the help of a command")}`)}${line(none, "-s h -l help", `-d ${quoted2("print this help")}`)}${line(none, "-s v -l version", `-d ${quoted2("print the version")}`)}${line(`-n ${quoted2("__fish_seen_subcommand_from help")}`, `-a ${quoted2(names)}`)}${commands.map(ofCommand).join("")}`;
}

// npm/commands/completion.ts
var completion = {
  name: "completion",
  summary: "print a completion script for bash, zsh or fish",
  usage: SHELLS.join("|"),
  operands: "words",
  choices: SHELLS,
  about: ["Prints a script that teaches a shell to complete the commands and flags of env-kvstore."],
  inputs: [],
  flags: [],
  examples: [
    { what: "In ~/.bashrc:", command: "source <(env-kvstore completion bash)" },
    { what: "In ~/.zshrc, after compinit:", command: "source <(env-kvstore completion zsh)" },
    { what: "Once, for fish:", command: "env-kvstore completion fish > ~/.config/fish/completions/env-kvstore.fish" }
  ],
  async run({ operands: [shell, ...more] }, commands) {
    const known = SHELLS.find((name) => name === shell);
    if (known === void 0 || more.length > 0) missing(`one of ${SHELLS.join(", ")}`);
    await print(completionScript(known, commands));
    return 0;
  }
};

// npm/commands/configure.ts
import { existsSync, readFileSync as readFileSync5, statSync as statSync5 } from "node:fs";
import path6 from "node:path";

// host/aws-files.ts
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync as readFileSync4, realpathSync, renameSync, rmSync, statSync as statSync4, writeFileSync as writeFileSync2 } from "node:fs";
import { homedir } from "node:os";
import path5 from "node:path";
var MAX_BUSY_WAIT_MS = 320;
function configFile() {
  return locate(process.env["AWS_CONFIG_FILE"], "config");
}
function locate(named3, leaf) {
  return followed(named3 ? named3.replace(/^~(?=[/\\])/, () => homedir()) : path5.join(homedir(), ".aws", leaf));
}
function read(file, encoding = "utf8") {
  try {
    return readFileSync4(file, encoding);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(error.code ?? "")) return void 0;
    throw error;
  }
}
function replaceFile(file, text, encoding = "utf8", mode = 384) {
  mkdirSync(path5.dirname(file), { recursive: true, mode: 448 });
  const beside = `${file}.${randomBytes(8).toString("hex")}.tmp`;
  writeFileSync2(beside, text, { encoding, mode: 384, flag: "wx" });
  try {
    chmodSync(beside, mode);
    renameUnlessBusy(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
function renameUnlessBusy(from, to) {
  for (let waitMs = process.platform === "win32" ? 5 : Infinity; ; waitMs *= 2) {
    try {
      return renameSync(from, to);
    } catch (error) {
      const isBusy = ["EACCES", "EBUSY", "EPERM"].includes(error.code ?? "");
      if (!isBusy || waitMs > MAX_BUSY_WAIT_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
    }
  }
}
function followed(file) {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

// npm/commands/configure.ts
var configure = {
  name: "configure",
  summary: "translate an AWS config file that has web_identity_token_server",
  usage: "--from FILE [--to FILE] [--command COMMAND]",
  about: [
    "Translates an AWS config file: each profile with web_identity_token_server gets a credential_process, which every AWS tool can run. Everything else stays as it is. All other flags are added to each credential_process."
  ],
  inputs: ["connection", "session"],
  flags: [
    { name: "from", value: "FILE", isFile: true, help: "The file to translate." },
    { name: "to", value: "FILE", isFile: true, help: "The file to write, which may be the same. Default: stdout." },
    { name: "overwrite", help: "Replace a non-empty file at --to that is not the source." },
    { name: "command", value: "COMMAND", help: "The command to run, quoted for a shell. Default: this program by its absolute path." }
  ],
  examples: [{ what: "Translate the file in place:", command: "env-kvstore configure --from ~/.aws/config --to ~/.aws/config" }],
  async run({ options, own, switches }) {
    const from = own["from"] ?? missing("--from FILE");
    const flags = Object.entries(options).flatMap(([name, value]) => value ? [flagOf(name), value] : []);
    const { configure: configure2, quotedCommand } = await admin();
    const program = thisProgram();
    const text = configure2(textOf2(from), own["command"] ?? quotedCommand(program), flags);
    if (!own["command"]) warnOfCheckout(program[1]);
    warnOfShadow();
    const to = own["to"];
    if (to && to !== from && !switches.has("overwrite") && holdsText(to)) {
      throw wrongUsage(`--to: ${to} already exists; pass --overwrite to replace it`);
    }
    if (to) replaceFile(followed(to), text);
    else await print(text);
    return 0;
  }
};
function holdsText(file) {
  return existsSync(file) && statSync5(file).size > 0;
}
function textOf2(file) {
  const bytes = bytesOf2(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrongUsage(`--from: ${file} is not UTF-8`);
  }
}
function bytesOf2(file) {
  try {
    return readFileSync5(file);
  } catch (error) {
    throw Object.assign(error, { path: file });
  }
}
function thisProgram() {
  const slashes = (file) => process.platform === "win32" ? file.replaceAll("\\", "/") : file;
  return [process.execPath, process.argv[1]].map(slashes);
}
function warnOfCheckout(program) {
  const workspace = process.env["GITHUB_WORKSPACE"];
  const isBelow = (folder, file) => !/^\.\.(?:[/\\]|$)/.test(path6.relative(folder, file)) && !path6.isAbsolute(path6.relative(folder, file));
  if (workspace && isBelow(followed(workspace), followed(program))) {
    console.error(
      "env-kvstore: this program is in the checkout (GITHUB_WORKSPACE), and AWS tools will run it from there: whoever can change it there gets the token of the job. Install it elsewhere, for example with `npm install --global env-kvstore`."
    );
  }
}

// npm/creation.ts
import { existsSync as existsSync2 } from "node:fs";
var CREATE_FLAGS = [
  { name: "create", help: "Create the store if it does not exist." },
  { name: "kms-key-id", value: "KEY", help: "With --create: the KMS key to encrypt the store with, by id, ARN or alias. Default: aws/secretsmanager." },
  {
    name: "file",
    value: "FILE",
    isFile: true,
    help: "With --create: the kvstore.json that says which tags, and which KMS key, the store gets; --tag and --kms-key-id win. Default: kvstore.json, if the folder has one."
  },
  { name: "tag", value: "KEY=VALUE", repeated: true, help: "With --create: a tag of the store. May be repeated." }
];
async function creationOf({ own, switches }) {
  const { file: named3, "kms-key-id": kmsKeyId } = own;
  const lines2 = own["tag"]?.split("\n") ?? [];
  if (!switches.has("create")) {
    if (kmsKeyId === void 0 && named3 === void 0 && lines2.length === 0) return void 0;
    throw wrongUsage("--kms-key-id, --tag and --file go with --create: a store that exists keeps its own");
  }
  const tags = lines2.map((line) => {
    const at = line.indexOf("=");
    if (at < 1) throw wrongUsage("--tag: it is not KEY=VALUE");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const file = await fileOf(named3);
  return { ...kmsKeyId !== void 0 && { kmsKeyId }, tags, ...file && { file } };
}
async function fileOf(named3) {
  const file = named3 ?? KVSTORE_FILE;
  if (named3 === void 0 && !existsSync2(file)) return void 0;
  const texts = await textsOf(file);
  refuseProblems((await admin()).problemsOf(texts.map(([name]) => name), texts.map(([, text]) => text)), file);
  return { texts, isNamed: named3 !== void 0 };
}

// npm/profile.ts
async function profileSettings(name, keys) {
  const text = read(configFile());
  return text ? (await admin()).profileSettings(text, name, keys) : void 0;
}

// npm/credentials.ts
var PROFILE_FLAG = {
  name: "profile",
  value: "NAME",
  help: "Profile of the AWS config and credentials files to take credentials and the region from. Takes precedence over AWS_ACCESS_KEY_ID."
};
async function awsVariables(options, profile) {
  checkProfile(options, profile);
  if (options["identity"] !== "environment") return {};
  const region = await regionOf(options, profile);
  const { variables } = await keysOf(profile, region?.name);
  return { ...regionVariables(region), ...variables };
}
function checkProfile(options, profile) {
  if (profile === void 0 || options["identity"] === "environment") return;
  throw wrongUsage("--profile goes with --identity environment", "With another identity the credentials come from the role.");
}
async function regionOf(options, profile) {
  const given2 = options["awsRegion"];
  if (given2) return { name: given2, from: "--aws-region" };
  for (const variable of ["AWS_REGION", "AWS_DEFAULT_REGION"]) {
    const name2 = process.env[variable];
    if (name2) return { name: name2, from: variable };
  }
  const from = profileFor(profile) ?? "default";
  const name = (await profileSettings(from, ["region"]))?.[0];
  return name ? { name, from: `the profile ${from}` } : void 0;
}
function regionVariables(region) {
  return region?.from.startsWith("the profile ") ? { AWS_REGION: region.name } : {};
}
async function keysOf(profile, region) {
  if (process.env["AWS_ACCESS_KEY_ID"] && profile === void 0) return { variables: {}, sources: ["CREDENTIALS_ENV_VARS"] };
  const { accessKeyId, secretAccessKey, sessionToken, sources } = await search(profileFor(profile), region);
  return { variables: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken }, sources };
}
function profileFor(profile) {
  return profile ?? (process.env["AWS_PROFILE"] || void 0);
}
async function search(name, region) {
  const { credentialsOf } = await import("./credential-chain.cjs");
  const agents = createAgents();
  let refused;
  try {
    return await credentialsOf({
      // `default` need not exist: the SDK's chain looks at it too.
      profile: name === "default" ? void 0 : name,
      region,
      async agentFor(url) {
        if (!isEndpoint(url.href)) {
          refused = url.host;
          throw new Error("no https");
        }
        return agents.agentFor(url);
      },
      mfaCode
    });
  } catch (reason) {
    if (reason instanceof Interrupted || reason instanceof EnvKvstoreError) throw reason;
    if (refused !== void 0) {
      throw unavailable(name, `the endpoint ${printable(refused)} is no https URL`, "Correct AWS_ENDPOINT_URL or endpoint_url.");
    }
    throw explained(reason, name);
  } finally {
    agents.destroy();
  }
}
async function mfaCode(serial) {
  if (!hasTerminal()) {
    const hint = "Run the command at a terminal, or get a session first, as by `aws sts get-session-token`.";
    throw new EnvKvstoreError({ code: "credentials-unavailable", message: "the profile wants a code of an MFA device, and there is no terminal to ask for it", hint });
  }
  return (await askHidden(`MFA code of ${printable(serial)}`)).trim();
}
function explained(reason, name) {
  if (isFailure(reason)) return asError(reason);
  const causes = causesOf(reason);
  const said = (text) => causes.some((cause) => cause.message.includes(text) || cause.name === text);
  const forProfile = name === void 0 ? "" : ` --profile ${quoted(name)}`;
  if (said("aws sso login") || said("UnauthorizedException")) {
    return new EnvKvstoreError({
      code: "sso-session-expired",
      message: `the SSO session of ${profileNamed(name)} has expired, or there is none`,
      hint: `Run \`aws sso login${forProfile}\`, then run this command again.`
    });
  }
  if (said("aws login") || said("reauthenticate")) {
    return new EnvKvstoreError({
      code: "sso-session-expired",
      message: `the login session of ${profileNamed(name)} has expired, or there is none`,
      hint: `Run \`aws login${forProfile}\`, then run this command again.`
    });
  }
  const refused = causes.find((cause) => "$metadata" in cause && "$fault" in cause);
  if (refused) {
    const request = refused.$metadata.requestId;
    const [code, text] = [refused.name, refused.message].map(printable);
    return unavailable(name, `AWS answered ${code}: ${text}${request ? ` (request id ${printable(request)})` : ""}`, "Check the role and its trust policy.");
  }
  const network = causes.find(({ code }) => code !== void 0 && /^[A-Z][A-Z0-9_]+$/.test(code));
  if (network) return unavailable(name, `a service could not be reached (${network.code})`, "Check the network, HTTPS_PROXY and AWS_CA_BUNDLE.");
  const proxy = causes.flatMap(({ message }) => /^Bad response: (\d{3})$/.exec(message)?.[1] ?? []);
  if (proxy.length > 0) return unavailable(name, `the proxy answered ${proxy[0]}`, "Check HTTPS_PROXY and NO_PROXY.");
  if (said("credential_process") || said("Command failed")) {
    return unavailable(name, "its credential_process failed or printed no credentials", "Run that command by itself to see why.");
  }
  if (name !== void 0) {
    return unavailable(name, "the files of AWS have no such profile, or it has no usable credentials", `Check \`aws configure list${forProfile}\`.`);
  }
  const hint = "Sign in as for the AWS CLI (`aws sso login`, `aws configure`), name a profile with --profile, or set AWS_ACCESS_KEY_ID.";
  return new EnvKvstoreError({ code: "credentials-unavailable", message: "there are no AWS credentials on this machine", hint });
}
function causesOf(reason) {
  const causes = [];
  for (let cause = reason; cause instanceof Error && !causes.includes(cause); cause = cause.cause) causes.push(cause);
  return causes;
}
function isFailure(reason) {
  return typeof reason === "object" && reason !== null && "hint" in reason && "code" in reason;
}
function unavailable(name, why, hint) {
  return new EnvKvstoreError({ code: "credentials-unavailable", message: `no credentials of ${profileNamed(name)}: ${why}`, hint });
}
function profileNamed(name) {
  return name === void 0 ? "the default profile" : `the profile ${printable(name)}`;
}
function quoted(name) {
  const text = printable(name);
  return /^[\w.@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

// npm/git-remote.ts
import { execFile } from "node:child_process";
import path7 from "node:path";
async function repositoryOfRemote() {
  return repositoryIn(await urlOfOrigin());
}
function urlOfOrigin() {
  return new Promise((resolve) => {
    const options = { cwd: path7.dirname(process.execPath), timeout: 1e4, windowsHide: true };
    execFile("git", ["-C", process.cwd(), "remote", "get-url", "origin"], options, (_error, stdout) => resolve(stdout.trim()));
  });
}
function repositoryIn(url) {
  const location = /^(?:https?|ssh|git\+ssh):\/\//.test(url) ? pathOf(url) : /^(?:[^@/:]+@)?[\w.-]{2,}:(?!\/\/)\/?(.*)$/.exec(url)?.[1];
  const [, repository] = /^\/?([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(location ?? "") ?? [];
  return repository?.split("/").every((part) => /[^.]/.test(part)) ? repository : void 0;
}
function pathOf(url) {
  return URL.canParse(url) ? new URL(url).pathname : void 0;
}

// npm/progress.ts
var SHOWN_AFTER_MS = 700;
var REDRAWN_EVERY_MS = 500;
async function whileWorking(doing, work) {
  if (!process.stderr.isTTY || process.env["TERM"] === "dumb") return work;
  const began = process.hrtime.bigint();
  let isShown = false;
  const timer = setInterval(() => {
    const elapsedMs = Number(process.hrtime.bigint() - began) / 1e6;
    if (elapsedMs < SHOWN_AFTER_MS) return;
    process.stderr.write(`\r\x1B[2K${typeof doing === "string" ? doing : doing()} \u2026 ${Math.floor(elapsedMs / 1e3)} s`);
    isShown = true;
  }, REDRAWN_EVERY_MS);
  timer.unref();
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isShown) process.stderr.write("\r\x1B[2K");
  }
}

// npm/manage.ts
var REPOSITORY = {
  name: "repository",
  value: "OWNER/NAME",
  help: "Repository of the store. Default: the folder's git remote origin; with a job's own session, the job's repository."
};
var ENVIRONMENT = { name: "environment", value: "NAME", help: "Environment of the store. Default: none, which is the repository's own store." };
var VARIABLE = { name: "variable", help: "The store of variables. Default: that of secrets." };
var JSON_FLAG = { name: "json", help: 'Print one JSON object to stdout, with "version": 1.' };
var YES = { name: "yes", help: "Write without a question." };
var DRY_RUN = { name: "dry-run", help: "Show what would be written, and write nothing." };
var ANY_KEY = { name: "allow-any-key", help: "Take keys that are not valid names of environment variables, and names that the action refuses." };
var STORE_FLAGS = [REPOSITORY, ENVIRONMENT, VARIABLE, PROFILE_FLAG, JSON_FLAG];
var OPERAND_FLAGS = [
  { ...REPOSITORY, help: `Repository of operands that name none. ${REPOSITORY.help.split(". ").slice(1).join(". ")}` },
  { ...VARIABLE, help: "Stores of variables. Default: those of secrets." },
  PROFILE_FLAG,
  JSON_FLAG
];
async function begin(args2, { isWrite = false, asksAnyway = false, needsRepository = true } = {}) {
  const { own, switches } = args2;
  const options = { ...args2.options, identity: identityOf(args2.options) };
  const given2 = own["repository"];
  if (given2 !== void 0 && !/^[\w.-]+\/[\w.-]+$/.test(given2)) throw wrongUsage("--repository: it is not OWNER/NAME");
  const derived = given2 === void 0 && options.identity === "environment" && needsRepository ? await derivedRepository(isWrite) : void 0;
  const repository = given2 ?? derived;
  const store = {
    ...repository !== void 0 && { repository },
    ...own["environment"] !== void 0 && { environment: own["environment"] },
    ...switches.has("variable") && { variable: true }
  };
  if (derived !== void 0 && isWrite && !asksAnyway) {
    const isAgreed = await confirmed(`Write to ${derived}, the repository of the git remote origin?`, switches.has("yes"));
    if (!isAgreed) return declined();
  }
  const settings = { ...common, options, environment: await awsVariables(options, own["profile"]) };
  return {
    store,
    isJson: switches.has("json"),
    isDerived: derived !== void 0,
    async ask(task, doing) {
      const { wasm: admin2, trapped } = await adminInstance();
      const raw = rawInputs("manage", settings, admin2);
      const asked = withHost(settings, trapped, (host) => admin2.manage(raw, task, host, settings.spelling));
      return doing === null ? asked : whileWorking(doing ?? "Reading", asked);
    },
    flagsTo: ({ repository: repository2, environment, kind }) => [
      ...options.identity === "environment" || given2 !== void 0 ? ["--repository", repository2] : [],
      ...environment === void 0 ? [] : ["--environment", environment],
      ...kind === "variable" ? ["--variable"] : [],
      ...["namespace", "profile", "aws-region"].flatMap((name) => {
        const value = name === "profile" ? own[name] : args2.options[name === "aws-region" ? "awsRegion" : name];
        return value === void 0 ? [] : [`--${name}`, value];
      })
    ]
  };
}
function identityOf(options) {
  return options["identity"] ?? (options["cognitoIdentityPoolId"] ? "cognito" : "environment");
}
async function derivedRepository(isWrite) {
  if (isWrite && !hasTerminal()) {
    throw wrongUsage("without a terminal to confirm the repository of the git remote, a write requires --repository OWNER/NAME", "Nothing was sent.");
  }
  const repository = await repositoryOfRemote();
  if (repository !== void 0) return repository;
  throw wrongUsage("this command requires --repository OWNER/NAME: the git remote origin of this folder names no repository", "Nothing was sent.");
}
function declined() {
  console.error("Nothing was written.");
  return void 0;
}
function named({ name, region, account }, { isDerived }) {
  const place = [account, region].filter(Boolean).join(", ");
  return `${printable(name)} (${place})${isDerived ? "\nThe repository is that of the git remote origin." : ""}`;
}

// npm/entries.ts
async function sourceOfText(text, what) {
  if (!/^[\s\uFEFF]*[{[]/.test(text)) return { from: "entries", entries: await dotenvEntries(text, what) };
  const json = text.replace(/^\uFEFF/, "");
  let parsed;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw wrongUsage(`${printable(what)} begins like JSON and is not valid JSON`, "Check it with `jq empty FILE`. Nothing was sent.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw wrongUsage(`${printable(what)} is JSON, but not an object of keys and values`, "Nothing was sent.");
  }
  return { from: "json", text: json };
}
var ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)(.*)$/s;
async function dotenvEntries(text, what) {
  const { parseDotenv } = await import("./dotenv.cjs");
  const wrong = (line, why) => wrongUsage(`${printable(what)}: line ${line}: ${why}`, "Nothing was sent.");
  const lines2 = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const entries = /* @__PURE__ */ new Map();
  const seen = /* @__PURE__ */ new Map();
  for (let index = 0; index < lines2.length; ) {
    const number = index + 1;
    const line = lines2[index];
    if (/^\s*(#|$)/.test(line)) {
      index += 1;
      continue;
    }
    const [, key, written3] = ASSIGNMENT.exec(line) ?? [];
    if (key === void 0 || written3 === void 0) throw wrong(number, "it is neither an assignment (KEY=VALUE) nor a comment");
    const rest = written3.trimStart();
    const end = endOfValue(lines2, index, rest);
    if (end === void 0) throw wrong(number, "the quotation mark before the value is not closed, or something other than a comment follows it");
    if (!/^['"`]/.test(rest) && /^(?:[^#]*[^\s#])?#/.test(written3)) throw wrong(number, "the value has a # and no quotes: dotenv would cut it there");
    const alone = parseDotenv(lines2.slice(index, end + 1).join("\n"));
    const value = alone[key];
    if (value === void 0 || Object.keys(alone).length !== 1) throw wrong(number, "dotenv does not read it as one assignment");
    const before = seen.get(key);
    if (before !== void 0) throw wrong(number, `${printable(key)} is already set on line ${before}`);
    seen.set(key, number);
    entries.set(key, value);
    index = end + 1;
  }
  const whole = parseDotenv(text);
  for (const [key, number] of seen) {
    if (whole[key] !== entries.get(key)) throw wrong(number, `dotenv reads ${printable(key)} in two ways; check the quotation marks before it`);
  }
  if (Object.keys(whole).length !== entries.size) throw wrongUsage(`${printable(what)}: dotenv reads other keys than the lines have; check the quotation marks`, "Nothing was sent.");
  return [...entries];
}
function endOfValue(lines2, start, rest) {
  const quote = /^['"`]/.exec(rest)?.[0];
  if (quote === void 0) return start;
  let afterBackslash;
  for (let index = start; index < lines2.length; index += 1) {
    const text = index === start ? rest.slice(1) : lines2[index];
    for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) {
      const isEnd = /^\s*(?:#.*)?$/.test(text.slice(at + 1));
      if (text[at - 1] !== "\\") return isEnd ? index : afterBackslash;
      if (isEnd) afterBackslash ??= index;
    }
  }
  return afterBackslash;
}
async function asDotenv(entries) {
  let text = "";
  for (const [key, value] of entries) {
    const candidates = [
      .../^[\w./:@%+,=-]+$/.test(value) ? [value] : [],
      ...["'", "`", '"'].map((quote) => quote + value + quote),
      `"${value.replaceAll("\r", "\\r").replaceAll("\n", "\\n")}"`
    ];
    const lines2 = await Promise.all(candidates.map(async (candidate) => await isReadAs(`${key}=${candidate}
`, [[key, value]]) ? [`${key}=${candidate}
`] : []));
    const [line] = lines2.flat();
    if (line === void 0) throw unwritable(key, "dotenv");
    text += line;
  }
  if (!await isReadAs(text, entries)) throw unwritable(entries.map(([key]) => key).join(", "), "dotenv");
  return text;
}
async function isReadAs(text, entries) {
  try {
    const found3 = await dotenvEntries(text, "");
    return found3.length === entries.length && entries.every(([key, value], index) => found3[index][0] === key && found3[index][1] === value);
  } catch {
    return false;
  }
}
function asShell(entries) {
  return entries.map(([key, value]) => {
    if (!/^[A-Za-z_]\w*$/.test(key) || value.includes("\0")) throw unwritable(key, "shell");
    return `export ${key}='${value.replaceAll("'", `'\\''`)}'
`;
  }).join("");
}
function unwritable(key, format) {
  return wrongUsage(`--format ${format} cannot hold the key ${printable(key)}: it would be read back as another key or value`, "Use --format json. Nothing was written.");
}

// npm/operands.ts
var OPERANDS = "A store is repo (the repository's own), env:NAME (of an environment), OWNER/REPO:repo or OWNER/REPO:env:NAME (of another repository).";
function isOfDefaultRepository(operand) {
  return operand === "repo" || /^(env|version):/.test(operand);
}
async function sourceOf(operand, store) {
  const [, version] = /^version:(.+)$/.exec(operand) ?? [];
  if (version !== void 0) return { from: "store", store, version: { id: version } };
  const [, file] = /^file:(.+)$/s.exec(operand) ?? [];
  if (file !== void 0) return sourceOfText(await readTextFile(file), `file:${file}`);
  return { from: "store", store: storeOf(operand, store) };
}
function storeOf(operand, { repository, variable }) {
  const kind = variable ? { variable } : {};
  const [, other, level, environment] = /^(?:([\w.-]+\/[\w.-]+):)?(?:(repo)|env:(.+))$/s.exec(operand) ?? [];
  if (level === void 0 && environment === void 0) {
    throw wrongUsage(
      "an operand is not one of repo, env:NAME, OWNER/REPO:repo, OWNER/REPO:env:NAME, version:ID, file:PATH",
      "See env-kvstore diff --help."
    );
  }
  const owner = other ?? repository;
  return { ...owner !== void 0 && { repository: owner }, ...environment !== void 0 && { environment }, ...kind };
}

// npm/plan.ts
var DECLINED = 1;
async function changeAsPlanned(command, session, task, { switches }) {
  const plan = await session.ask({ ...task, dryRun: true });
  if (switches.has("dry-run") || isSame(plan.keys)) {
    await reportChange(command, plan, session, switches.has("dry-run"));
    return 0;
  }
  if (!switches.has("yes")) process.stderr.write(`${named(plan.store, session)}
${marked(plan.keys, process.stderr)}`);
  const creation = plan.store.arn === void 0 ? "Create" : "Change";
  const isAgreed = await confirmed(`${creation} the store: ${counted(plan.keys)}?`, switches.has("yes"));
  if (!isAgreed) {
    declined();
    return DECLINED;
  }
  const done = await session.ask({ ...task, base: plan.base ?? "" }, "Writing");
  await reportChange(command, done, session);
  return 0;
}
async function beginAsking(args2, needsRepository = true) {
  const isDryRun = args2.switches.has("dry-run");
  if (!isDryRun) requireAnswers(args2.switches.has("yes"));
  return await begin(args2, { isWrite: !isDryRun, asksAnyway: true, needsRepository });
}

// npm/commands/copy.ts
var copy = {
  name: "copy",
  summary: "copy keys from one store to another",
  usage: "FROM TO [KEY...] [FLAGS]",
  operands: "words",
  about: [
    `Copies keys, or all if none is named, from one store to another in one write. Other keys stay. Shows the plan and asks. ${OPERANDS}`,
    "FROM can also be version:ID of the repository's own store, or file:PATH."
  ],
  inputs: ["stores", "connection"],
  flags: [...CREATE_FLAGS, ANY_KEY, ...OPERAND_FLAGS, YES, DRY_RUN],
  examples: [
    { what: "One key of staging to production:", command: "env-kvstore copy env:staging env:production DATABASE_URL" },
    { what: "All keys of another repository's own store:", command: "env-kvstore copy octo-org/old-name:repo octo-org/octo-repo:repo --create" }
  ],
  async run(args2) {
    const { operands, switches } = args2;
    const [from, to, ...keys] = operands;
    if (from === void 0 || to === void 0) missing("FROM and TO");
    const create = await creationOf(args2);
    storeOf(to, {});
    const session = await beginAsking(args2, [from, to].some(isOfDefaultRepository));
    const set = await sourceOf(from, session.store);
    return changeAsPlanned(
      "copy",
      session,
      {
        task: "change",
        store: storeOf(to, session.store),
        set,
        ...keys.length > 0 && { keys },
        ...create && { create },
        ...switches.has("allow-any-key") && { allowAnyKey: true }
      },
      args2
    );
  }
};

// npm/proposal.ts
var SERVER = "web identity token server";
var PROPOSAL_FLAGS = [
  {
    name: "web-identity-token-server",
    value: "SERVER",
    help: "Where to request the token: GitHub[,AUDIENCE] or URL_VARIABLE,TOKEN_VARIABLE[,AUDIENCE]."
  },
  {
    name: "profile",
    value: "NAME",
    help: "Profile of AWS_CONFIG_FILE to take web_identity_token_server, role_arn, role_session_name, duration_seconds and region from. Without this flag, AWS_WEB_IDENTITY_TOKEN_SERVER, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME take precedence over a profile."
  }
];
var KEYS = [
  ["web_identity_token_server", ["AWS_WEB_IDENTITY_TOKEN_SERVER"], void 0],
  ["role_arn", ["AWS_ROLE_ARN"], "cognitoRoleArn"],
  ["role_session_name", ["AWS_ROLE_SESSION_NAME"], "roleSessionName"],
  ["duration_seconds", [], "roleDurationSeconds"],
  ["region", ["AWS_REGION", "AWS_DEFAULT_REGION"], "awsRegion"]
];
async function settingsOfProposal(options, own) {
  const named3 = own["profile"];
  const flag = own["web-identity-token-server"];
  const name = named3 ?? (process.env["AWS_PROFILE"] || process.env["AWS_DEFAULT_PROFILE"] || "default");
  const found3 = await profileSettings(name, KEYS.map(([key]) => key));
  if (named3 !== void 0 && !found3) {
    throw invalid(`--profile: there is no such profile in ${configFile()}`);
  }
  if (named3 !== void 0 && !flag && !found3?.[0]) {
    throw invalid("--profile: the profile has no web_identity_token_server");
  }
  const profile = named3 !== void 0 || flag === void 0 || found3?.[0] ? found3 : void 0;
  const settled = KEYS.map(([, variables], index) => {
    const ofEnvironment = named3 === void 0 && variables.map((variable) => process.env[variable]).find(Boolean);
    return ofEnvironment || profile?.[index] || void 0;
  });
  const server = flag ?? settled[0];
  if (server === void 0) {
    return { settings: options, tokenVariables: GITHUB };
  }
  const added = KEYS.flatMap(([, , option], index) => option ? [[option, settled[index]]] : []);
  const [url, token2, audience] = await parts(server);
  const tokenVariables = { url, token: token2 };
  if (url !== GITHUB.url) demandEndpoint(tokenVariables);
  const settings = {
    ...Object.fromEntries(added),
    audience,
    identity: options["cognitoIdentityPoolId"] ? void 0 : "web-identity",
    ...given(options)
  };
  return { settings, tokenVariables };
}
async function parts(server) {
  const { tokenServer } = await admin();
  try {
    return tokenServer(server);
  } catch (problem) {
    throw invalid(`${SERVER}: ${String(problem)}`);
  }
}
function demandEndpoint({ url, token: token2 }) {
  const unset = [url, token2].filter((name) => !process.env[name]);
  if (unset.length > 0) throw invalid(`${SERVER}: ${unset.join(" and ")} ${unset.length > 1 ? "are" : "is"} not set`);
  if (!isEndpoint(process.env[url])) throw invalid(`${SERVER}: ${url} is not an https URL`);
}
function given(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== void 0));
}
function invalid(message) {
  return new EnvKvstoreError({ code: "invalid-input", message, hint: "Nothing was sent." });
}

// npm/commands/credential-process.ts
var ROLE_DURATION_SECONDS = "3600";
var credentialProcess = {
  name: "credential-process",
  summary: "print credentials of a role, for credential_process in an AWS config file",
  usage: "--cognito-identity-pool-id POOL --cognito-role-arn ARN",
  about: [
    "Prints credentials of the role to stdout, in the form that AWS tools read from credential_process. They last 3600 seconds.",
    "AWS_WEB_IDENTITY_TOKEN_SERVER, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, or a profile that has these settings, can replace the flags."
  ],
  inputs: ["connection", "session"],
  flags: PROPOSAL_FLAGS,
  examples: [
    {
      what: "What AWS tools run, here by hand; in ~/.aws/config it is one line:",
      command: `env-kvstore credential-process \\
  --cognito-identity-pool-id us-west-2:12345678-1234-1234-1234-1234567890ab \\
  --cognito-role-arn arn:aws:iam::123456789012:role/github-actions`
    }
  ],
  outsideActions: "Outside GitHub Actions there is no token to request: use a profile with credentials of your own.",
  async run({ options, own }) {
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    if (settings["identity"] !== "environment") warnOfShadow();
    const withDuration = { ...settings, roleDurationSeconds: settings["roleDurationSeconds"] ?? ROLE_DURATION_SECONDS };
    const { credentials } = await run("credentials", { ...common, options: withDuration, tokenVariables });
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = credentials;
    await print(
      `${JSON.stringify({
        Version: 1,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: expiration,
        AccountId: accountId
      })}
`
    );
    return 0;
  }
};

// npm/commands/delete.ts
var MIN_DAYS = 7;
var MAX_DAYS = 30;
var deleteStore = {
  name: "delete",
  summary: "schedule the deletion of a whole store",
  usage: "[FLAGS]",
  about: [
    "Schedules the deletion of a whole store with all its versions. From then on nobody can read it. AWS deletes it after the recovery window. Until then `env-kvstore restore` brings it back, and no store of the same name can be created."
  ],
  inputs: ["stores", "connection"],
  flags: [
    { name: "recovery-window-in-days", value: "N", help: `How long the store can be restored. ${MIN_DAYS} to ${MAX_DAYS}. Default: ${MAX_DAYS}.` },
    ...STORE_FLAGS,
    YES,
    DRY_RUN
  ],
  examples: [{ what: "The secrets of an environment that is gone:", command: "env-kvstore delete --repository octo-org/octo-repo --environment review-17" }],
  async run(args2) {
    const { own, switches } = args2;
    const text = own["recovery-window-in-days"] ?? String(MAX_DAYS);
    const days = Number(text);
    if (!/^\d{1,2}$/.test(text) || days < MIN_DAYS || days > MAX_DAYS) {
      throw wrongUsage(`--recovery-window-in-days: it is not a number from ${MIN_DAYS} to ${MAX_DAYS}`);
    }
    const session = await beginAsking(args2);
    const task = { task: "delete", store: session.store, recoveryWindowInDays: days };
    const plan = await session.ask({ ...task, dryRun: true });
    const isDryRun = switches.has("dry-run");
    const window2 = `For ${days} days it can be restored, and its name cannot be used; then AWS deletes it for good.`;
    if (!isDryRun && !switches.has("yes")) process.stderr.write(`${named(plan.store, session)}
Once it is deleted, nobody can read it. ${window2}
`);
    if (!isDryRun && !await confirmed("Delete the store?", switches.has("yes"))) {
      declined();
      return 1;
    }
    const { store, deletionDate } = isDryRun ? plan : await session.ask({ ...task, dryRun: false }, "Deleting");
    const back = isDryRun ? void 0 : commandLine(["restore", ...session.flagsTo(store)]);
    if (session.isJson) {
      await printJson({ command: "delete", dryRun: isDryRun, store: storeInJson(store), recoveryWindowInDays: days, deletionDate, restore: back });
    } else if (isDryRun) {
      await print(`Nothing was written: this was a dry run. ${printable(store.arn ?? store.name)} would be deleted.
${window2}
`);
    } else {
      const until = deletionDate === void 0 ? window2 : `Until ${dateOf(deletionDate)} UTC it can be restored, and its name cannot be used.`;
      await print(`Deleted ${printable(store.arn ?? store.name)}
${until}
To restore it: ${back}
`);
    }
    return 0;
  }
};

// npm/commands/diff.ts
var DIFFERENT = 4;
var diff = {
  name: "diff",
  summary: "compare the keys of two stores, versions or files",
  usage: "A B [FLAGS]",
  operands: "words",
  about: [
    `Shows the keys that are only in B (+), only in A (-), in both with another value (~), and in both with the same value (=). Shows no value. ${OPERANDS}`,
    "A and B can also be version:ID, a version of the store that --environment and --variable name (`env-kvstore history` lists the ids), or file:PATH, a dotenv file or a JSON object."
  ],
  inputs: ["stores", "connection"],
  flags: [{ ...ENVIRONMENT, help: "Environment of the store that version:ID is of. Default: none, which is the repository's own store." }, ...OPERAND_FLAGS],
  examples: [
    { what: "Two environments:", command: "env-kvstore diff env:staging env:production --repository octo-org/octo-repo" },
    { what: "A file and a store:", command: "env-kvstore diff file:.env repo" }
  ],
  exitCodes: [["4", "diff: the two differ; list: a key is missing"]],
  async run(args2) {
    const { operands, own } = args2;
    const [a, b, ...more] = operands;
    if (a === void 0 || b === void 0 || more.length > 0) missing("A and B");
    if (own["environment"] !== void 0 && ![a, b].some((operand) => operand.startsWith("version:"))) {
      throw wrongUsage("--environment is for version:ID; an environment is compared as env:NAME");
    }
    const session = await begin(args2, { needsRepository: [a, b].some(isOfDefaultRepository) });
    const left = await sourceOf(a, session.store);
    const right = await sourceOf(b, session.store);
    const report2 = await session.ask({ task: "diff", left, right });
    const { keys, leftVersion, rightVersion } = report2;
    if (session.isJson) {
      const side = (store, versionId) => ({ store: store && storeInJson(store), versionId });
      const sides = { left: side(report2.left, leftVersion), right: side(report2.right, rightVersion) };
      await printJson({ command: "diff", different: !isSame(keys), ...sides, keys });
    } else {
      await print(`${marked(keys, process.stdout)}${counted(keys)}
`);
    }
    return isSame(keys) ? 0 : DIFFERENT;
  }
};

// npm/commands/doctor.ts
var FAILED = 1;
var doctor = {
  name: "doctor",
  summary: "check each step from the job to its stores, and say what to fix first",
  usage: "[FLAGS]",
  about: [
    "In a job, it checks each leg by itself: the GitHub token, the identity pool or the token exchange, the session tags, the role, and the stores. It prints what each leg found and how long it took, and what to fix first. Pass the flags of the step that fails.",
    "On your own machine, it checks the region and the credentials; with --repository, the stores too.",
    "No value is read: the stores are asked for a version that does not exist, and the answer says whether they are there and can be read. So it cannot see whether a store has a value, or whether its KMS key decrypts it."
  ],
  inputs: ["values", "connection", "session"],
  flags: [PROFILE_FLAG, { name: "json", help: 'Print one JSON object to stdout, with "version": 1.' }],
  examples: [
    {
      what: "In the job whose step fails:",
      command: `env-kvstore doctor \\
  --cognito-identity-pool-id us-west-2:12345678-1234-1234-1234-1234567890ab \\
  --cognito-role-arn arn:aws:iam::123456789012:role/github-actions`
    },
    { what: "On your own machine:", command: "env-kvstore doctor --repository octo-org/octo-repo --environment production" }
  ],
  async run({ options: given2, own, switches }) {
    const options = { ...given2, identity: identityOf2(given2) };
    checkProfile(options, own["profile"]);
    const { machine, environment } = options.identity === "environment" ? await found(options, own["profile"]) : { machine: NOTHING_FOUND, environment: {} };
    const { wasm: admin2, trapped } = await adminInstance();
    const settings = { ...common, options, environment };
    const raw = rawInputs("manage", settings, admin2);
    const examined = await whileWorking("Checking", withHost(settings, trapped, (host) => admin2.doctor(raw, machine, host, settings.spelling)));
    const { ok, legs, stores, fix } = examined;
    const page = fix && { page: pageOf(fix.code) };
    if (switches.has("json")) await printJson({ command: "doctor", ok, identity: options.identity, legs, stores, fix: fix && { ...fix, ...page } });
    else await print(told(examined));
    return ok ? 0 : FAILED;
  }
};
var NOTHING_FOUND = { sources: [], isJob: isInActions() };
function identityOf2(options) {
  const isOfJob = options["cognitoIdentityPoolId"] || isInActions() || process.env["ACTIONS_ID_TOKEN_REQUEST_URL"];
  return options["identity"] ?? (isOfJob ? "cognito" : "environment");
}
async function found(options, profile) {
  const home = options["cognitoRegion"];
  const region = await regionOf(options, profile) ?? (home ? { name: home, from: "--cognito-region" } : void 0);
  const isJob = isInActions();
  try {
    const { variables, sources } = await keysOf(profile, region?.name);
    return { machine: { sources, isJob, ...region && { region } }, environment: { ...regionVariables(region), ...variables } };
  } catch (reason) {
    if (!(reason instanceof EnvKvstoreError)) throw reason;
    const { code, message, hint } = reason;
    return { machine: { sources: [], isJob, ...region && { region }, problem: { code, message, hint } }, environment: regionVariables(region) };
  }
}
function told({ legs, stores, fix }) {
  const time = (ms) => ms === void 0 ? "" : `${Math.round(ms)} ms`;
  const words = { ok: "ok", failed: "FAILED", "not-reached": "not reached" };
  const parts2 = [table(["leg", "result", "time", "found"], legs.map(({ leg, status, ms, summary }) => [leg, words[status], time(ms), summary]))];
  if (stores.length > 0) {
    const finding = { readable: "can be read", missing: "does not exist", denied: "denied, or does not exist", failed: "failed" };
    parts2.push(table(["answer", "time", "store"], stores.map((store) => [finding[store.finding] + (store.finding === "readable" || store.matters ? "" : " (not needed)"), time(store.ms), store.name])));
  }
  if (fix) parts2.push(`To fix first (${fix.leg}): ${fix.code}: ${lines(fix.message)}
${lines(fix.hint)}
${pageOf(fix.code)}
`);
  return parts2.join("\n");
}
function lines(text) {
  return text.split("\n").map(printable).join("\n");
}

// npm/exec.ts
import { spawn } from "node:child_process";
import { accessSync, constants as access, statSync as statSync6 } from "node:fs";
import { constants } from "node:os";
import path8 from "node:path";
import { isatty as isatty2 } from "node:tty";
var SIGNALS = [
  ...["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"],
  ...["SIGALRM", "SIGVTALRM", "SIGXCPU", "SIGCONT", "SIGWINCH"]
];
var PASSED_ON = SIGNALS.filter((signal) => signal in constants.signals);
var OF_A_TERMINAL = ["SIGINT", "SIGQUIT"];
var NOT_EXECUTABLE = 126;
var NOT_FOUND = 127;
function runCommand(command, args2, variables, isPristine = false) {
  const inherited = isPristine ? withoutWhichNothingStarts() : process.env;
  const file = isPristine ? found2(command) : command;
  const hasTerminal2 = isatty2(0);
  let child;
  for (const signal of PASSED_ON) {
    const comesByItself = hasTerminal2 && OF_A_TERMINAL.includes(signal);
    process.on(signal, () => comesByItself || child?.kill(signal));
  }
  return new Promise((resolve) => {
    const cannotRun = (error) => {
      console.error(`env-kvstore: ${command}: ${systemReason(error)}`);
      resolve(error.code === "ENOENT" ? NOT_FOUND : NOT_EXECUTABLE);
    };
    try {
      child = spawn(file, args2, { argv0: command, env: { ...inherited, ...variables }, stdio: "inherit" });
    } catch (error) {
      return cannotRun(error);
    }
    child.on("error", cannotRun);
    child.on("exit", (exitCode, signal) => {
      if (signal === null) return resolve(exitCode ?? 1);
      PASSED_ON.forEach((name) => process.removeAllListeners(name));
      process.kill(process.pid, signal);
      setTimeout(() => resolve(128 + constants.signals[signal]), 200);
    });
  });
}
function withoutWhichNothingStarts() {
  const root = process.env["SystemRoot"];
  return process.platform === "win32" && root !== void 0 ? { SystemRoot: root } : {};
}
function found2(command) {
  if (process.platform === "win32" || command.includes("/")) return command;
  const files = (process.env["PATH"] ?? "").split(path8.delimiter).map((folder) => path8.join(folder || ".", command));
  return files.map((file) => path8.resolve(file)).find(isProgram) ?? command;
}
function isProgram(file) {
  try {
    accessSync(file, access.X_OK);
    return statSync6(file).isFile();
  } catch {
    return false;
  }
}

// npm/commands/exec.ts
var exec = {
  name: "exec",
  summary: "run a command with values in its environment",
  usage: "--values LINES [FLAGS] -- COMMAND [ARGUMENTS]",
  operands: "command",
  about: [
    "Runs a command with the values in its environment, and in no other. Signals and the exit code are passed on. In GitHub Actions it first masks the secrets, through stderr, because stdout is the command's.",
    "With --identity environment, the credentials are those that the AWS CLI would use: environment, profile, SSO, container or instance."
  ],
  inputs: ["values", "connection", "session"],
  flags: [
    { name: "pristine", help: "Start from an empty environment: the command gets the values and nothing else; on Windows, SystemRoot too." },
    PROFILE_FLAG
  ],
  examples: [
    {
      what: "In a job of GitHub Actions:",
      command: `env-kvstore exec --values DATABASE_URL,secret \\
  --cognito-identity-pool-id us-west-2:12345678-1234-1234-1234-1234567890ab \\
  --cognito-role-arn arn:aws:iam::123456789012:role/github-actions \\
  -- ./migrate`
    },
    {
      what: "On your own machine, with AWS credentials of your own:",
      command: `env-kvstore exec --values DATABASE_URL,secret --identity environment \\
  --repository octo-org/octo-repo --namespace octo-org \\
  --aws-region us-west-2 --aws-account-id 123456789012 -- ./migrate`
    }
  ],
  // As `env` and `timeout` have it: told apart from what the command itself ends with.
  failsWith: 125,
  exitCodes: [
    ["125", "exec itself failed"],
    ["126", "the command cannot be run"],
    ["127", "the command does not exist"],
    ["other", "the exit code of the command"]
  ],
  outsideActions: `Outside GitHub Actions, use AWS credentials of your own: \`--identity environment\` and \`--repository OWNER/NAME\`.`,
  async run({ options, own, switches, operands: [command, ...args2] }) {
    if (command === void 0) missing("a command after --");
    const environment = await awsVariables(options, own["profile"]);
    const { plan, values } = await run("values", { ...common, options, environment });
    await maskInLog(plan.masks);
    const variables = Object.fromEntries(values.map(({ name, value }) => [name, value]));
    return runCommand(command, args2, variables, switches.has("pristine"));
  }
};

// npm/commands/explain.ts
var NOT_AS_EXPECTED = 4;
var ANSWERS = ["allow", "deny"];
var PARTS = { claims: "--claims", job: "--job", read: "--read", role: "--role", vault: "--vault" };
var explain = {
  name: "explain",
  summary: "say why a job is denied a secret, or let in",
  usage: "--job NAME=VALUE... [--read WHAT] [FLAGS]",
  operands: "words",
  about: [
    "Asks, as AWS does, whether one job may read one secret, or assume one role: issuer, audience, tag map, session tags, trust policy, role policy, the tags of the store, its key. It prints what passed, and of the first gate that fails the statement, each condition with what it wants and what the job has, what would let the job in, and whom else that would let in. Sends nothing.",
    "The rules are those of kvstore.json, or of a snapshot of an account (--snapshot). Policies that neither has, such as those of AWS Organizations, are listed as not evaluated.",
    "On Vault the gates are the issuer, the bound audiences, the bound subject and the bound claims of a role, and then its policies.",
    `The job is described by --job, or by --claims: a JSON object, the log's group "Claims of the GitHub token" pasted as it is, or CloudTrail's event AssumeRoleWithWebIdentity. Of a job that --job alone describes, kvstore.json adds what follows from its repository, and the first event that the role lets in; the output says so. Every other claim that is not given counts as absent.`
  ],
  inputs: [],
  flags: [
    { name: "job", value: "NAME=VALUE", repeated: true, help: "A claim of the job; an empty one is absent. May be repeated; further NAME=VALUE can follow without it." },
    { name: "claims", value: "FILE", isFile: true, help: "A file with the claims. - is stdin. --job wins over it." },
    { name: "read", value: "WHAT", help: "What the job reads: repo, env:NAME, env:$environment or secret:NAME; by a snapshot of Vault a path, as secret/data/NAME. Without it the role alone is asked for." },
    { name: "vault", help: "Ask Vault, and not AWS, if the rules have both." },
    { name: "variable", help: "Ask for the store of variables, and not of secrets." },
    { name: "role", value: "ROLE", help: "The name or ARN of the role. Default: the one that comes nearest." },
    { name: "file", value: "FILE", isFile: true, help: `The rules. Default: ${KVSTORE_FILE}.` },
    { name: "snapshot", value: "FOLDER", isFile: true, help: "A snapshot as the rules: the folder of one of an account (env-kvstore snapshot), or the file of one of a Vault." },
    { name: "namespace", value: "NAME", help: "The first segment of stores' names. Default: that of the rules, or else the claim enterprise or repository_owner." },
    { name: "expect", value: "allow|deny", help: "End with 4 if the answer is the other one." },
    { name: "json", help: 'Print one JSON object to stdout, with "version": 1.' }
  ],
  examples: [
    { what: "Why a branch does not get production's secrets:", command: "env-kvstore explain --job repository=octo-org/app environment=production \\\n  ref=refs/heads/x --read env:production" },
    { what: "In CI, that pull requests never read them:", command: "env-kvstore explain --job repository=octo-org/app event_name=pull_request \\\n  environment=production --read env:production --expect deny" }
  ],
  exitCodes: [[String(NOT_AS_EXPECTED), "--expect: the answer is the other one"]],
  async run({ own, switches, operands }) {
    const expected = own["expect"];
    if (expected !== void 0 && !ANSWERS.includes(expected)) throw wrongUsage(`--expect is allow or deny, and not ${printable(expected)}`);
    const rules = await rulesOf(own);
    const asked = {
      // Of two values of a claim the one behind --job counts, and of these the last.
      pairs: [...operands, ...own["job"]?.split("\n") ?? []],
      variable: switches.has("variable"),
      vault: switches.has("vault"),
      ...own["claims"] !== void 0 && { claims: await readTextFile(own["claims"]) },
      ...own["read"] !== void 0 && { read: own["read"] },
      ...own["role"] !== void 0 && { role: own["role"] },
      ...own["namespace"] !== void 0 && { namespace: own["namespace"] }
    };
    const { problems, wrong, explanation, text } = (await admin()).explain(rules, asked);
    refuseProblems(problems, rules.from);
    if (wrong || !explanation) throw wrongUsage(wrong ? `${PARTS[wrong[0]]}: ${wrong[1]}` : "nothing was asked");
    if (switches.has("json")) {
      await printJson({ command: "explain", ...explanation });
    } else {
      await print(text);
    }
    if (expected === void 0 || expected === explanation.answer) return 0;
    console.error(`env-kvstore: expected ${expected}, and the answer is ${explanation.answer}`);
    return NOT_AS_EXPECTED;
  }
};

// npm/commands/export.ts
import { lstatSync, realpathSync as realpathSync2 } from "node:fs";
import path9 from "node:path";

// npm/value-masks.ts
var MIN_LENGTH = 4;
function masksOf(values) {
  return values.flatMap(masksOfOne).join("\n");
}
function masksOfOne(value) {
  const lines2 = value.split(/\r\n|\r|\n/);
  if (lines2.length === 1) return value.trim() === "" ? [] : [value];
  return lines2.map((line) => line.trim()).filter((line) => line.length >= MIN_LENGTH);
}

// npm/commands/export.ts
var FORMATS2 = ["dotenv", "json", "shell"];
var exportValues = {
  name: "export",
  summary: "write the values of a store to a file",
  usage: "--format dotenv|json|shell --to FILE [FLAGS]",
  about: [
    "Writes all values of a store to a file that only you can read. Writes to no terminal and to no pipe. A file with secrets is easily forgotten: to give values to a command, use `env-kvstore exec`, which leaves no file.",
    "dotenv is for the npm package dotenv, shell for `. FILE` in a POSIX shell, json as the store has it. A key that the format cannot hold is an error."
  ],
  inputs: ["stores", "connection"],
  flags: [
    { name: "format", value: "FORMAT", choices: FORMATS2, help: `One of ${FORMATS2.join(", ")}.` },
    { name: "to", value: "FILE", isFile: true, help: "The file to write." },
    { name: "overwrite", help: "Replace a file that exists." },
    ...STORE_FLAGS
  ],
  examples: [{ what: "A copy to edit, and to import again:", command: "env-kvstore export --format json --to production.json --environment production" }],
  async run(args2) {
    const { own, switches } = args2;
    const format = FORMATS2.find((name) => name === own["format"]) ?? missing(`--format, one of ${FORMATS2.join(", ")}`);
    const to = path9.resolve(own["to"] ?? missing("--to FILE"));
    refuseTarget(own["to"] ?? "", to, switches.has("overwrite"));
    const session = await begin(args2);
    const { store, version, entries, json, unusable } = await session.ask({ task: "read", source: { from: "store", store: session.store } });
    const text = format === "json" ? `${json.trimEnd()}
` : format === "dotenv" ? await asDotenv(entries) : asShell(entries);
    if (session.store.variable !== true) await maskInLog(masksOf(entries.map(([, value]) => value)));
    const left = format === "json" ? [] : unusable;
    replaceFile(to, text);
    left.forEach(({ key, problem }) => console.error(`env-kvstore: left out ${printable(key)}: ${printable(problem)}`));
    const keys = format === "json" ? [...entries.map(([key]) => key), ...unusable.map(({ key }) => key)] : entries.map(([key]) => key);
    if (session.isJson) {
      await printJson({ command: "export", store: store && storeInJson(store), versionId: version, format, file: to, keys, leftOut: left });
    } else {
      await print(`Wrote ${keys.length} ${keys.length === 1 ? "key" : "keys"} to ${printable(to)}
`);
    }
    return 0;
  }
};
function refuseTarget(given2, to, isOverwrite) {
  const device = [given2, to, followed2(to)].some((name) => name === "-" || /^\/(dev|proc)\//.test(name));
  const found3 = lstatSync(to, { throwIfNoEntry: false });
  if (device || found3 && !found3.isFile() && !found3.isSymbolicLink()) {
    throw wrongUsage("--to: it is not a file", "To give values to a command, use `env-kvstore exec`; to print one, `env-kvstore get`.");
  }
  if (found3 && !isOverwrite) throw wrongUsage("--to: the file already exists; pass --overwrite to replace it", "Nothing was written.");
}
function followed2(file) {
  try {
    return realpathSync2(file);
  } catch {
    return file;
  }
}

// npm/commands/generate.ts
import path11 from "node:path";

// npm/generated-files.ts
import { createHash } from "node:crypto";
import { chmodSync as chmodSync2, existsSync as existsSync3, mkdirSync as mkdirSync2, readFileSync as readFileSync6, renameSync as renameSync2, rmSync as rmSync2, statSync as statSync7, writeFileSync as writeFileSync3 } from "node:fs";
import path10 from "node:path";
var MANIFEST = ".env-kvstore.json";
function staleness(folder, target, files) {
  const differs = files.filter((made) => hashOnDisk(folder, made.path) !== sha256(made.text)).map((made) => made.path);
  const left = Object.keys(manifestOf(folder)[target] ?? {}).filter((name) => !files.some((made) => made.path === name));
  return [...differs, ...left.filter((name) => existsSync3(path10.join(folder, name)))].sort();
}
function keep(folder, target, files) {
  const prepared = prepare(folder, target, files);
  prepared.commit();
  return prepared.stale;
}
function prepare(folder, target, files) {
  const known = manifestOf(folder)[target] ?? {};
  const stale = staleness(folder, target, files);
  refuseEdited(folder, stale, known);
  const beside = prepareFiles(files.filter((file) => stale.includes(file.path)).map(({ path: name, text }) => [path10.join(folder, name), text]));
  return {
    stale,
    discard: beside.discard,
    commit() {
      beside.commit();
      stale.filter((name) => !files.some((file) => file.path === name)).forEach((name) => rmSync2(path10.join(folder, name)));
      const manifest = { ...manifestOf(folder), [target]: Object.fromEntries(files.map((file) => [file.path, sha256(file.text)])) };
      const sorted = Object.fromEntries(Object.entries(manifest).sort(([one], [other]) => one < other ? -1 : 1));
      writeFileSync3(path10.join(folder, MANIFEST), `${JSON.stringify(sorted, null, 2)}
`);
    }
  };
}
function prepareFiles(files) {
  const written3 = files.map(([file]) => [`${file}.new`, file]);
  const folders = [];
  const discard = () => {
    written3.forEach(([temporary]) => rmSync2(temporary, { force: true }));
    folders.reverse().forEach((folder) => rmSync2(folder, { recursive: true, force: true }));
  };
  try {
    files.forEach(([file, text]) => {
      const made = mkdirSync2(path10.dirname(file), { recursive: true });
      if (made !== void 0) folders.push(made);
      writeFileSync3(`${file}.new`, text);
      const before = statSync7(file, { throwIfNoEntry: false });
      if (before !== void 0) chmodSync2(`${file}.new`, before.mode);
    });
  } catch (error) {
    discard();
    throw error;
  }
  return { commit: () => written3.forEach(([temporary, final]) => renameSync2(temporary, final)), discard };
}
function targetsIn(folder) {
  return Object.keys(manifestOf(folder));
}
function refuseEdited(folder, stale, known) {
  const isEdited = (name) => {
    const hash = hashOnDisk(folder, name);
    return hash !== void 0 && hash !== known[name];
  };
  const edited = stale.filter(isEdited);
  if (edited.length === 0) return;
  const list3 = edited.map((name) => `- ${printable(path10.join(folder, name))}
`).join("");
  throw new EnvKvstoreError({
    code: "file-edited",
    message: `files were edited after they were made, or are not of env-kvstore:
${list3.trimEnd()}`,
    hint: "Move what you need elsewhere and delete them, or choose another folder (--to). Nothing was written."
  });
}
function manifestOf(folder) {
  const file = path10.join(folder, MANIFEST);
  if (!existsSync3(file)) return {};
  const isPath = (name) => !path10.isAbsolute(name) && !name.split(/[\\/]/).includes("..");
  try {
    const manifest = JSON.parse(readFileSync6(file, "utf8"));
    const own = Object.entries(manifest).map(([target, files]) => [target, Object.entries(files).filter(([name]) => isPath(name))]);
    return Object.fromEntries(own.map(([target, files]) => [target, Object.fromEntries(files)]));
  } catch {
    throw new EnvKvstoreError({
      code: "file-edited",
      message: `${printable(file)} is not what env-kvstore wrote`,
      hint: "Restore it, or delete the folder and generate it again. Nothing was written."
    });
  }
}
function hashOnDisk(folder, name) {
  const file = path10.join(folder, name);
  return existsSync3(file) ? sha256(readFileSync6(file)) : void 0;
}
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

// npm/generating.ts
var SHOWN = 10;
function refuseWrong({ problems, failed }, file) {
  refuseProblems(problems, file);
  if (failed.length > 0) {
    const lines2 = failed.slice(0, SHOWN).map(({ what, store, allowed }) => `- ${printable(what)}: ${printable(store)} is ${allowed ? "denied" : "allowed"}`);
    throw new EnvKvstoreError({
      code: "proof-failed",
      message: `the policies do not do what ${printable(file)} says, in ${failed.length} of their answers:
${lines2.join("\n")}`,
      hint: "Nothing was written. This is a fault of env-kvstore: please report it with the file."
    });
  }
}
function proved({ allowed, denied }) {
  return `The policies answer ${allowed + denied} questions as the file says: ${allowed} allowed, ${denied} denied.`;
}

// npm/released.ts
import { existsSync as existsSync4, readFileSync as readFileSync7 } from "node:fs";
function releasedAction() {
  const manifest = new URL("../../package.json", import.meta.url);
  if (!existsSync4(manifest)) return void 0;
  const { version, repository, gitHead } = JSON.parse(readFileSync7(manifest, "utf8"));
  const [, slug] = /github\.com\/([^/]+\/[^/]+?)(?:\.git)?$/.exec(repository.url) ?? [];
  return slug && gitHead && `${slug}@${gitHead} # v${version}`;
}

// npm/commands/generate.ts
var TARGETS = ["terraform", "cloudformation", "vault", "matrix", "workflows", "wrapper"];
var STALE = 4;
var generate = {
  name: "generate",
  summary: "make the set-up of AWS or Vault and its proof from kvstore.json",
  usage: "TARGET [FLAGS]",
  operands: "words",
  choices: TARGETS,
  about: [
    `TARGET is ${TARGETS.slice(0, -1).join(", ")} or ${TARGETS.at(-1)}.`,
    "Reads kvstore.json and the files of kvstore.d beside it, works out the roles, session tags and stores that they need, and asks the policies: each binding must read what it says, and nothing else may. Only if all of that holds are files written, all of them or none.",
    "terraform makes a module for Terraform and OpenTofu: identity pool, roles, and stores, which hold no values. cloudformation makes the same as a stack for the identity pool and the roles, and stacks for the stores. If kvstore.json has a vault, terraform makes a module for Vault too: the JWT auth method, a role for each binding, and a policy for each role. vault makes the same as files for the command line of Vault or OpenBao, and a script that writes them. matrix makes a table of who reads what, and every question that the policies were asked, with its answer. Sends nothing.",
    "workflows makes a workflow for each binding that prints how many values it loaded. wrapper makes an action with your ids built in. For AWS both need pool_id in kvstore.json, which AWS hands out. They pin env-kvstore to the commit of this release, or to the one that action names."
  ],
  inputs: [],
  flags: [
    { name: "file", value: "FILE", isFile: true, help: "The file to read. Default: kvstore.json." },
    { name: "to", value: "FOLDER", isFile: true, help: "Where to write. Default: the folder generated beside the file." },
    { name: "check", help: "Write nothing; end with 4 if the files are not those that would be written." },
    { name: "json", help: 'Print one JSON object to stdout, with "version": 1.' }
  ],
  examples: [
    { what: "A module, to be applied with terraform or tofu:", command: "env-kvstore generate terraform" },
    { what: "Stacks for the account:", command: "env-kvstore generate cloudformation" },
    { what: "In CI, so that nobody forgets:", command: "env-kvstore generate matrix --check" }
  ],
  exitCodes: [["4", "--check: the files are not up to date"]],
  async run({ own, switches, operands: [target, ...more] }) {
    if (target === void 0 || more.length > 0 || !TARGETS.includes(target)) missing(`one of ${TARGETS.join(", ")}`);
    const file = own["file"] ?? KVSTORE_FILE;
    const folder = own["to"] ?? path11.join(path11.dirname(file), "generated");
    const texts = await textsOf(file);
    const generated = (await admin()).generate(texts.map(([name]) => name), texts.map(([, text]) => text), target, releasedAction());
    refuseWrong(generated, file);
    const { files, allowed, denied } = generated;
    const isCheck = switches.has("check");
    const stale = isCheck ? staleness(folder, target, files) : keep(folder, target, files);
    if (switches.has("json")) {
      await printJson({ command: "generate", target, folder, files: files.map((made) => made.path), allowed, denied, check: isCheck, stale });
    }
    console.error(proved(generated));
    if (isCheck && stale.length > 0) {
      const list3 = stale.map((name) => `- ${printable(name)}
`).join("");
      console.error(`Not up to date in ${printable(folder)}:
${list3}Run: env-kvstore generate ${target}`);
      return STALE;
    }
    console.error(isCheck ? `${printable(folder)} is up to date.` : `Wrote ${files.length} files to ${printable(folder)}.`);
    return 0;
  }
};

// npm/commands/get.ts
import { fstatSync } from "node:fs";
var get = {
  name: "get",
  summary: "print one value",
  usage: "NAME [--yes]",
  operands: "words",
  about: [
    "Prints one value as it is, without a line break after it. Reads the key NAME of the secrets stores, unless --values, --secrets or --vault-secrets has a line for NAME. Refuses to print to a terminal, and to a pipe of a CI job, which may lead to its log.",
    "With --identity environment, the credentials are those that the AWS CLI would use: environment, profile, SSO, container or instance.",
    "With --version-id or --version-stage, it reads one store: of --environment if given, else of the repository. Without a pool, that is with the credentials of this machine."
  ],
  inputs: ["values", "connection", "session"],
  flags: [
    { name: "yes", help: "Print to a terminal or to the pipe of a CI job too." },
    { name: "version-id", value: "ID", help: "Read this version of the store; `env-kvstore history` lists them." },
    { name: "version-stage", value: "LABEL", help: "Read the version with this label, such as AWSPREVIOUS." },
    { name: "variable", help: "With --version-id or --version-stage: read the store of variables." },
    PROFILE_FLAG
  ],
  examples: [
    {
      what: "On your own machine, with AWS credentials of your own:",
      command: `env-kvstore get DATABASE_URL --identity environment \\
  --repository octo-org/octo-repo --namespace octo-org \\
  --aws-region us-west-2 --aws-account-id 123456789012 > database-url`
    }
  ],
  exitCodes: [["3", "get would have shown the value"]],
  outsideActions: `Outside GitHub Actions, use AWS credentials of your own: \`--identity environment\` and \`--repository OWNER/NAME\`.`,
  async run(args2) {
    const { options, own, switches, operands: [name, ...more] } = args2;
    if (name === void 0 || more.length > 0) missing("one NAME");
    if (!/^[A-Za-z_]\w*$/.test(name)) missing("a NAME of letters, digits and _: for another key, give a line of --values");
    if (!switches.has("yes")) refuseToShow();
    if (own["version-id"] !== void 0 || own["version-stage"] !== void 0) return printVersion(args2, name);
    if (switches.has("variable")) throw wrongUsage("--variable goes with --version-id or --version-stage", `Pass --values ${name},variable.`);
    const environment = await awsVariables(options, own["profile"]);
    const isGiven = ["values", "secrets", "vaultUrl", "vaultSecrets"].some((name2) => options[name2]);
    const lines2 = isGiven ? options : { ...options, values: `${name},secret` };
    const { plan, values } = await run("values", { ...common, options: lines2, environment }).catch((error) => {
      if (isGiven || error.code !== "key-missing") throw error;
      const hint = `${error.hint} A variable is read by \`--values ${name},variable\`.`;
      throw new EnvKvstoreError({ code: error.code, message: error.message, hint });
    });
    const found3 = values.find((value) => value.name === name);
    if (!found3) {
      const message = `there is no value for ${name}`;
      throw new EnvKvstoreError({ code: "key-missing", message, hint: "Give it a line in --values, --secrets or --vault-secrets." });
    }
    await maskInLog(plan.masks);
    await print(found3.value);
    return 0;
  }
};
async function printVersion(args2, name) {
  const { options, own, switches } = args2;
  const [id, stage] = [own["version-id"], own["version-stage"]];
  if (options["values"] || options["secrets"] || options["environmentStore"]) {
    throw wrongUsage("--version-id and --version-stage read a key of one store, without --values, --secrets and --environment-store");
  }
  const { repository, environment, ...others } = options;
  const session = await begin({ ...args2, options: others, own: { ...own, repository, environment } });
  const version = { ...id !== void 0 && { id }, ...stage !== void 0 && { stage } };
  const { entries, unusable, store } = await session.ask({ task: "read", source: { from: "store", store: session.store, version } });
  const value = entries.find(([key]) => key === name)?.[1];
  if (value === void 0) {
    const problem = unusable.find(({ key }) => key === name)?.problem;
    const message = problem === void 0 ? `${printable(store?.name ?? "the store")} has no key ${name} in this version` : `${name}: ${printable(problem)}`;
    throw new EnvKvstoreError({ code: problem === void 0 ? "key-missing" : "value-unusable", message, hint: "`env-kvstore history` shows which version changed which key." });
  }
  if (!switches.has("variable")) await maskInLog(masksOf([value]));
  await print(value);
  return 0;
}
function refuseToShow() {
  const isCi = isInActions() || !["", "false", void 0].includes(process.env["CI"]);
  const isLog = isCi && !isRegularFile();
  if (process.stdout.isTTY || isLog) {
    throw new EnvKvstoreError({
      code: "would-be-shown",
      message: `stdout is ${process.stdout.isTTY ? "a terminal" : "that of a CI job"}, where others may read the value`,
      hint: "Pass it to one command with `env-kvstore exec`, write it to a file, or pass --yes."
    });
  }
}
function isRegularFile() {
  try {
    return fstatSync(1).isFile();
  } catch {
    return false;
  }
}

// npm/commands/history.ts
var DEFAULT_LIMIT = 20;
var MAX_LIMIT = 100;
var PENDING = "env-kvstore-pending";
var history = {
  name: "history",
  summary: "list the versions of a store, and the keys that each changed",
  usage: "[FLAGS]",
  about: [
    "Lists the versions of a store, newest first, with their labels, their dates and the keys that differ from the version before. AWS keeps about 100 versions, and those of the last 24 hours."
  ],
  inputs: ["stores", "connection"],
  flags: [{ name: "limit", value: "N", help: `How many versions to list. 1 to ${MAX_LIMIT}. Default: ${DEFAULT_LIMIT}.` }, ...STORE_FLAGS],
  examples: [{ what: "The last five versions:", command: "env-kvstore history --limit 5 --environment production" }],
  async run(args2) {
    const text = args2.own["limit"] ?? String(DEFAULT_LIMIT);
    const limit = Number(text);
    if (!/^\d{1,3}$/.test(text) || limit < 1 || limit > MAX_LIMIT) throw wrongUsage(`--limit: it is not a number from 1 to ${MAX_LIMIT}`);
    const session = await begin(args2);
    const { store, versions } = await session.ask({ task: "history", store: session.store, limit });
    if (session.isJson) {
      await printJson({ command: "history", store: storeInJson(store), versions });
      return 0;
    }
    const shown3 = versions.map(({ id, stages, created, keys }) => {
      const labels = stages.filter((stage) => stage !== PENDING).join(", ");
      const head = [id, dateOf(created), labels].filter(Boolean).join("  ");
      const changed = keys?.filter(({ change }) => change !== "=") ?? [];
      const below = keys === void 0 ? "  (not compared)\n" : isSame(keys) ? "  (no key differs)\n" : marked(changed, process.stdout).replace(/^/gm, "  ").trimEnd() + "\n";
      return `${head}
${below}`;
    });
    await print(shown3.join("") || `${counted([])}
`);
    return 0;
  }
};

// npm/s3-import.ts
var NO_ENVIRONMENT = "__noenv__";
var DECLINED2 = 1;
function isBucket(operand) {
  return operand.startsWith("s3://");
}
async function importObjects(operand, args2, create) {
  const { own, switches } = args2;
  const [, bucket, prefix = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(operand) ?? [];
  if (bucket === void 0) throw wrongUsage("the bucket is not s3://BUCKET/PREFIX");
  const unfit = [...["replace", "variable"].filter((name) => switches.has(name)), ...own["environment"] === void 0 ? [] : ["environment"]];
  if (unfit.length > 0) throw wrongUsage(`--${unfit[0]} does not go with s3://: the objects say which stores are written`);
  const file = own["age-identity"] ?? missing("--age-identity FILE with s3://");
  const session = await beginAsking(args2, false);
  const age = await import("./age.cjs");
  const identities = identitiesIn(await readTextFile(file), file);
  const recipients = await recipientsOf(identities, file, age);
  const { keys } = await session.ask({ task: "objects", bucket, prefix }, "Listing objects");
  const skipped = [];
  const places = placesOf(keys, own["repository"], skipped);
  const runs = await newestRuns(places, bucket, session, { age, identities, recipients }, skipped);
  const differing = differencesBetween(runs);
  if (runs.length === 0) {
    const message = `s3://${bucket}/${prefix} has no object of a migration that this identity can decrypt`;
    throw new EnvKvstoreError({ code: "invalid-input", message, hint: "Check the prefix, the identity and --repository. Nothing was written." });
  }
  const writing = await begunAs(namespaceOf(runs, args2), args2);
  const stores = mergedStores(runs);
  const planned = await plannedChanges(stores, writing, switches.has("allow-any-key"), create);
  const isDryRun = switches.has("dry-run");
  const report2 = { bucket, skipped, differing, isDryRun, isJson: session.isJson };
  const isToWrite = planned.some(({ plan }) => !isSame(plan.keys));
  if (isDryRun || !isToWrite) {
    await reportAll(report2, planned.map(({ plan }) => plan));
    return 0;
  }
  if (!switches.has("yes")) process.stderr.write(shown(report2, planned.map(({ plan }) => plan), process.stderr));
  const changing = planned.filter(({ plan }) => !isSame(plan.keys));
  const all = counted(changing.flatMap(({ plan }) => plan.keys));
  if (!await confirmed(`Write ${changing.length === 1 ? "this store" : `these ${changing.length} stores`}: ${all}?`, switches.has("yes"))) {
    declined();
    return DECLINED2;
  }
  await reportAll(report2, await written2(planned, writing));
  return 0;
}
function identitiesIn(text, file) {
  const lines2 = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const wrong = lines2.findIndex((line) => !/^AGE-SECRET-KEY-1[0-9A-Z]+$/.test(line));
  if (lines2.length > 0 && wrong < 0) return lines2;
  const why = lines2.length === 0 ? "has no identity" : "has something else than identities (AGE-SECRET-KEY-1\u2026)";
  throw wrongUsage(`--age-identity: ${printable(file)} ${why}`, "Make one with age-keygen. One with a passphrase has to be decrypted first: age -d FILE | env-kvstore import \u2026 --age-identity -");
}
async function recipientsOf(identities, file, age) {
  try {
    return await Promise.all(identities.map((identity) => age.recipientOf(identity)));
  } catch {
    throw wrongUsage(`--age-identity: an identity in ${printable(file)} is damaged`, "Copy the file again. Nothing was sent.");
  }
}
function placeOf(key) {
  const [, enterprise, repository, workflow, environment, run2] = /^([^/]+)\/([\w.-]+\/[\w.-]+)\/(.+)\/([^/]+)\/(\d{1,30})\.json$/s.exec(key) ?? [];
  if (enterprise === void 0 || repository === void 0 || workflow === void 0 || environment === void 0 || run2 === void 0) return void 0;
  try {
    const name = decodeURIComponent(environment);
    return { key, enterprise, repository, workflow, ...name !== NO_ENVIRONMENT && { environment: name }, run: BigInt(run2) };
  } catch {
    return void 0;
  }
}
function placesOf(keys, repository, skipped) {
  const places = keys.flatMap((key) => {
    const place = placeOf(key);
    if (place === void 0) skipped.push({ object: key, reason: "its key is not that of a migration" });
    return place ?? [];
  });
  return places.filter((place) => repository === void 0 || place.repository.toLowerCase() === repository.toLowerCase());
}
async function newestRuns(places, bucket, session, keys, skipped) {
  const groups = /* @__PURE__ */ new Map();
  for (const place of places) {
    const group = JSON.stringify([place.enterprise, place.repository, place.workflow, place.environment]);
    groups.set(group, [...groups.get(group) ?? [], place]);
  }
  let done = 0;
  const newest = async () => {
    const runs2 = [];
    for (const group of groups.values()) {
      done += 1;
      for (const place of group.toSorted((one, other) => compare(other.run, one.run))) {
        const { text } = await session.ask({ task: "object", bucket, key: place.key }, null);
        const opened = await contextsIn(text, place, keys);
        if (typeof opened !== "string") {
          runs2.push({ ...place, ...opened });
          break;
        }
        skipped.push({ object: place.key, reason: opened });
      }
    }
    return runs2;
  };
  const runs = await whileWorking(() => `Reading objects: workflow ${done} of ${groups.size}`, newest());
  return runs.sort((one, other) => compare(one.run, other.run) || (one.key < other.key ? -1 : 1));
}
function compare(one, other) {
  return one < other ? -1 : Number(one > other);
}
async function contextsIn(text, { key }, { age, identities, recipients }) {
  const object = parsedJson(text);
  if (!isObject(object) || typeof object["agePublicKey"] !== "string") return "it is not an object of a migration";
  if (!recipients.includes(object["agePublicKey"])) return "it is encrypted for another key";
  const [secrets, vars] = await Promise.all(
    ["secrets", "vars"].map(async (name) => {
      const armored = object[name];
      const decrypted = typeof armored === "string" ? await age.decryptFromAge(identities, armored).catch(() => void 0) : void 0;
      const context = decrypted === void 0 ? void 0 : parsedJson(decrypted);
      if (isObject(context) && Object.values(context).every((value) => typeof value === "string")) return context;
      throw new EnvKvstoreError({
        code: "answer-unusable",
        message: `the object ${printable(key)} is damaged: its ${name} ${decrypted === void 0 ? "cannot be decrypted" : "are not a JSON object of strings"}`,
        hint: "Nothing was written. Run the job again that has put it there, or delete the object."
      });
    })
  );
  return { secrets, vars };
}
function parsedJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return void 0;
  }
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function namespaceOf(runs, { options }) {
  const found3 = [...new Set(runs.map(({ enterprise }) => enterprise))];
  if (options["namespace"] !== void 0) return options["namespace"];
  if (found3.length === 1) return found3[0];
  throw wrongUsage(`the objects are of several enterprises: ${found3.map(printable).join(", ")}`, "Name one in s3://BUCKET/PREFIX, or pass --namespace. Nothing was written.");
}
function begunAs(namespace, args2) {
  return beginAsking({ ...args2, options: { ...args2.options, namespace } }, false);
}
function mergedStores(runs) {
  const stores = /* @__PURE__ */ new Map();
  for (const run2 of runs) {
    for (const variable of [false, true]) {
      const store = storeOf2(run2, variable);
      const known = stores.get(nameOf(store)) ?? { store, entries: /* @__PURE__ */ new Map() };
      stores.set(nameOf(store), known);
      for (const [name, text] of entriesOf(run2, variable)) known.entries.set(name, text);
    }
  }
  for (const { store, entries } of stores.values()) {
    const { environment, ...ofRepository } = store;
    const shared = environment === void 0 ? void 0 : stores.get(nameOf(ofRepository))?.entries;
    for (const [name, text] of shared ?? []) if (entries.get(name) === text) entries.delete(name);
  }
  const filled = [...stores.values()].filter(({ entries }) => entries.size > 0);
  return filled.sort((one, other) => nameOf(one.store) < nameOf(other.store) ? -1 : 1);
}
function storeOf2({ repository, environment }, variable) {
  return { repository, ...environment !== void 0 && { environment }, ...variable && { variable } };
}
function nameOf({ repository, environment, variable }) {
  return JSON.stringify([repository?.toLowerCase(), environment ?? "", variable ?? false]);
}
function entriesOf({ secrets, vars }, variable) {
  return Object.entries(variable ? vars : secrets).filter(([name]) => name.toUpperCase() !== "GITHUB_TOKEN");
}
function differencesBetween(runs) {
  const seen = /* @__PURE__ */ new Map();
  const found3 = /* @__PURE__ */ new Map();
  for (const run2 of runs) {
    for (const variable of [false, true]) {
      const store = storeOf2(run2, variable);
      for (const [key, text] of entriesOf(run2, variable)) {
        const id = JSON.stringify([nameOf(store), key]);
        if (seen.has(id) && seen.get(id) !== text) found3.set(id, { store, key, run: "" });
        seen.set(id, text);
        const known = found3.get(id);
        if (known) known.run = String(run2.run);
      }
    }
  }
  return [...found3.values()];
}
async function plannedChanges(stores, session, allowAnyKey, create) {
  const planned = [];
  const all = async () => {
    for (const { store, entries } of stores) {
      const change = {
        task: "change",
        store,
        set: { from: "entries", entries: [...entries] },
        ...create && { create },
        ...allowAnyKey ? { allowAnyKey: true } : { skipUnusable: true }
      };
      planned.push({ change, plan: await session.ask({ ...change, dryRun: true }, null) });
    }
    return planned;
  };
  return whileWorking(() => `Reading stores: ${planned.length} of ${stores.length}`, all());
}
async function written2(planned, session) {
  const changes = [];
  const all = async () => {
    for (const { change, plan } of planned) {
      if (isSame(plan.keys)) changes.push(plan);
      else changes.push(await session.ask({ ...change, base: plan.base ?? "" }, null));
    }
    return changes;
  };
  try {
    return await whileWorking(() => `Writing stores: ${changes.length} of ${planned.length}`, all());
  } catch (error) {
    const done = changes.filter(({ written: written3 }) => written3).map(({ store }) => printable(store.name));
    if (done.length > 0) process.stderr.write(`Written before that: ${done.join(", ")}
`);
    throw error;
  }
}
async function reportAll(report2, changes) {
  const { bucket, skipped, differing, isDryRun, isJson } = report2;
  if (isJson) {
    const stores = changes.map(({ store, keys, written: written3, created, base, version, lostRaces, skipped: skipped2 }) => {
      const previousVersionId = base || void 0;
      return { store: storeInJson(store), keys, written: written3, created, previousVersionId, versionId: version, lostRaces, skipped: skipped2 };
    });
    return printJson({ command: "import", dryRun: isDryRun, bucket, stores, skipped, differing });
  }
  const count = changes.filter(({ written: written3 }) => written3).length;
  const end = isDryRun ? "Nothing was written: this was a dry run." : count === 0 ? "Nothing was written: nothing would change." : `Wrote ${count} ${count === 1 ? "store" : "stores"}.`;
  return print(`${shown(report2, changes, process.stdout)}${end}
`);
}
function shown({ bucket, skipped, differing }, changes, stream) {
  const stores = changes.map(({ store, keys, created, skipped: skipped2 }) => {
    const is = created ? " (created)" : store.arn === void 0 ? " (does not exist yet)" : "";
    const unusable = skipped2.map(({ key, problem }) => `! ${printable(key)}: left out, because the name ${problem}
`).join("");
    return `${printable(store.name)}${is}
${marked(keys, stream)}${unusable}
`;
  });
  const between = differing.map(
    ({ store: { repository, environment }, key, run: run2 }) => `${printable(key)} of ${printable(repository ?? "")}${environment === void 0 ? "" : `, ${printable(environment)}`} differs between workflows: that of run ${run2} is taken.
`
  );
  const left = skipped.map(({ object, reason }) => `Skipped s3://${bucket}/${printable(object)}: ${reason}.
`);
  return [...stores, ...between, ...left].join("");
}

// npm/commands/import.ts
var importFile = {
  name: "import",
  summary: "write the keys of a dotenv or JSON file into a store",
  usage: "FILE|s3://BUCKET/PREFIX [FLAGS]",
  operands: "words",
  takesFiles: true,
  about: [
    "Writes all keys of a file into a store, in one write. The file is dotenv, or a JSON object if it begins with {; - is stdin. Keys of the store that the file does not have stay, unless you pass --replace. Shows the plan and asks.",
    "A dotenv file is read as the npm package dotenv reads it. A line that this package would ignore, or cut at a #, is an error.",
    "s3://BUCKET/PREFIX is where the action's migration from GitHub's secrets has put them: each repository and environment goes into its own stores. Requires --age-identity. --repository takes that repository alone."
  ],
  inputs: ["stores", "connection"],
  flags: [
    { name: "replace", help: "Remove the keys that the file does not have." },
    { name: "age-identity", value: "FILE", isFile: true, help: "With s3://: the file with the identity of age that decrypts; - is stdin." },
    ...CREATE_FLAGS,
    ANY_KEY,
    ...STORE_FLAGS,
    YES,
    DRY_RUN
  ],
  examples: [
    { what: "See what would change:", command: "env-kvstore import .env --repository octo-org/octo-repo --dry-run" },
    { what: "Take over GitHub's secrets, as the action has encrypted them:", command: "env-kvstore import s3://octo-migration/ --age-identity migration.key" },
    { what: "Fill the store of a new environment:", command: "env-kvstore import production.json --create --environment production" }
  ],
  async run(args2) {
    const { operands, switches } = args2;
    const [file, ...more] = operands;
    if (file === void 0 || more.length > 0) missing("one FILE");
    const create = await creationOf(args2);
    if (isBucket(file)) return importObjects(file, args2, create);
    if (args2.own["age-identity"] !== void 0) throw wrongUsage("--age-identity goes with s3://BUCKET/PREFIX");
    const session = await beginAsking(args2);
    const set = await sourceOfText(await readTextFile(file), file);
    return changeAsPlanned(
      "import",
      session,
      {
        task: "change",
        store: session.store,
        set,
        ...switches.has("replace") && { replace: true },
        ...create && { create },
        ...switches.has("allow-any-key") && { allowAnyKey: true }
      },
      args2
    );
  }
};

// npm/commands/init.ts
import { existsSync as existsSync5, readFileSync as readFileSync8 } from "node:fs";
import path12 from "node:path";
var init = {
  name: "init",
  summary: "ask what a team needs, and make kvstore.json and the set-up of AWS from the answers",
  usage: "[FLAGS]",
  operands: "words",
  about: [
    "Asks whose jobs may read values, which AWS account holds them, and which task needs them: testing pull requests, deploying from main, deploying to staging and then production, the teams of a monorepo, or a workflow that repositories share. Writes kvstore.json, generates the set-up and its proof from it, and says what to run next and who runs it.",
    "If there is a kvstore.json, it adds a task to it, asks only what the file does not say, and keeps every other byte of it. All files are written or none is. Files that somebody has edited are not touched. Sends nothing.",
    "With --from it asks for Vault and the ids of the repositories, and makes a kvstore.json of what the files say. What it had to change, or to leave out because it would have let in other jobs, it lists with file and line."
  ],
  inputs: [],
  flags: [
    { name: "from", value: "FILE", isFile: true, repeated: true, help: "For Vault: JSON files of DigitalOcean's Terraform module (oidc_bindings), and the policies that they name as NAME.hcl. May be repeated; further files can follow without it." },
    { name: "answers", value: "FILE", isFile: true, help: "A JSON object with the answers; then nothing is asked. Those that have a default may be absent. - is stdin." },
    { name: "file", value: "FILE", isFile: true, help: "The file to write. Default: kvstore.json." },
    { name: "to", value: "FOLDER", isFile: true, help: "Where to generate. Default: the folder generated beside the file." },
    { name: "yes", help: "Write without a question at the end." },
    { name: "json", help: 'Print one JSON object to stdout, with "version": 1.' }
  ],
  examples: [
    { what: "At a terminal:", command: "env-kvstore init" },
    { what: "From oidc_bindings and their policies:", command: "env-kvstore init --from bindings/*.json policies/*.hcl" },
    { what: "In a script:", command: "env-kvstore init --answers answers.json --json" }
  ],
  async run({ own, switches, operands }) {
    const from = [...own["from"]?.split("\n") ?? [], ...operands];
    if (own["from"] === void 0 && operands.length > 0) throw wrongUsage(`${printable(operands[0])} is not expected here`, "See env-kvstore init --help.");
    const file = own["file"] ?? "kvstore.json";
    const folder = own["to"] ?? path12.join(path12.dirname(file), "generated");
    const answers = own["answers"];
    if (answers === void 0 && !hasTerminal()) {
      throw wrongUsage("init asks questions, and there is no terminal to ask at", "Pass the answers by --answers FILE. Nothing was written.");
    }
    const wasm = await admin();
    const before = existsSync5(file) ? await textsOf(file) : [];
    const read2 = async (name) => [name, await readTextFile(name, "rules")];
    const place = { file, folder, made: targetsIn(folder), from: await Promise.all(from.map(read2)) };
    const plan = answers === void 0 ? await atTerminal(wasm, before, place) : await fromFile(wasm, before, place, answers);
    const after = [[path12.basename(file), plan.text], ...before.length > 0 ? before.slice(1) : await partsOf(file)];
    const generated = plan.targets.map((target) => [target, wasm.generate(...columns(after), target)]);
    generated.forEach(([, made]) => refuseWrong(made, file));
    const count = generated.reduce((sum, [, { files }]) => sum + files.length, 0);
    if (plan.notes !== void 0) console.error(`Not as in the files:
${listed(plan.notes)}`);
    console.error(proved(generated[0][1]));
    const what = `Write ${printable(file)} and ${count} files in ${printable(folder)}?`;
    if (!await confirmed(what, switches.has("yes") || answers !== void 0)) {
      declined();
      return 1;
    }
    refuseChanged(file, before);
    write(file, folder, plan, generated);
    console.error(`Wrote ${printable(file)} and ${count} files in ${printable(folder)}.`);
    if (switches.has("json")) {
      const { allowed, denied } = generated[0][1];
      const files = generated.flatMap(([, made]) => made.files.map((each) => each.path));
      const { bindings, targets, next, notes } = plan;
      await printJson({ command: "init", file, folder, bindings, targets, files, allowed, denied, next, ...notes && { notes } });
    } else {
      await print(nextSteps(plan));
    }
    return 0;
  }
};
async function atTerminal(wasm, before, place) {
  const answers = [];
  const stepAfter = (more) => wasm.initStep(...columns(before), [...answers, ...more], place);
  let step = stepAfter([]);
  refuse(step, `${printable(place.file)} cannot be used`);
  console.error("Nothing is sent, and nothing is written before the end. Ctrl-C leaves.");
  while (!step.plan) {
    const { key, explain: explain2, ...question } = step.question;
    explain2.forEach((line) => console.error(`  ${printable(line)}`));
    const answer = await askFor(question, (answer2) => {
      const { problems } = stepAfter([key, answer2]);
      return problems.length === 0 || printable(problems.map(({ message }) => message).join("; "));
    });
    answers.push(key, answer);
    step = stepAfter([]);
    refuse(step, "the answers cannot be used");
  }
  return step.plan;
}
async function fromFile(wasm, before, place, answers) {
  const text = await readTextFile(answers);
  const step = wasm.initFromFile(...columns(before), answers === "-" ? "stdin" : answers, text, place);
  refuse(step, "the answers cannot be used");
  return step.plan;
}
function refuse({ problems }, what) {
  if (problems.length > 0) throw wrongUsage(`${what}:
${listed(problems)}`, "Nothing was written.");
}
function columns(texts) {
  return [texts.map(([name]) => name), texts.map(([, text]) => text)];
}
function refuseChanged(file, [root]) {
  const now = existsSync5(file) ? readFileSync8(file, "utf8") : void 0;
  if (now === root?.[1]) return;
  throw new EnvKvstoreError({
    code: "file-edited",
    message: `${printable(file)} was changed while init was running`,
    hint: "Run it again. Nothing was written."
  });
}
function write(file, folder, { text }, generated) {
  const prepared = [];
  try {
    for (const [target, { files }] of generated) prepared.push(prepare(folder, target, files));
    prepared.push(prepareFiles([[followed(file), text]]));
  } catch (error) {
    prepared.reverse().forEach(({ discard }) => discard());
    throw error;
  }
  prepared.forEach(({ commit }) => commit());
}
function nextSteps({ next }) {
  const steps = next.map(({ who, what, commands, workflow }, index) => {
    const lines2 = [...commands.map(shellLine), ...workflow?.trimEnd().split("\n") ?? []];
    return `${index + 1}. ${printable(who)}: ${printable(what)}
${lines2.map((line) => `     ${printable(line)}
`).join("")}`;
  });
  return `
Next:
${steps.join("")}`;
}

// npm/commands/list.ts
var KEY_MISSING = 4;
var list = {
  name: "list",
  summary: "list the keys of a store, or the stores",
  usage: "[KEY...] [FLAGS]",
  operands: "words",
  about: [
    "Lists keys, with the level and the version of their store and how old that version is. Shows no value and nothing derived from one. With KEYs, lists those, and ends with 4 if one is missing.",
    "--effective lists what a job gets: secrets and variables, with --environment those of the repository too, and which of them are used.",
    "--stores lists the stores of --repository, or of all repositories of the namespace without it, with their tags. It decrypts nothing."
  ],
  inputs: ["stores", "connection"],
  flags: [
    { name: "effective", help: "List all that a job gets: both kinds, both levels, and which of two keys of the same name is used." },
    { name: "stores", help: "List stores and not keys." },
    ...STORE_FLAGS
  ],
  examples: [
    { what: "What a job of an environment gets:", command: "env-kvstore list --environment production --effective" },
    { what: "In a script: fail unless both keys are there.", command: "env-kvstore list DATABASE_URL SENTRY_DSN --repository octo-org/octo-repo" }
  ],
  exitCodes: [["4", "diff: the two differ; list: a key is missing"]],
  async run(args2) {
    const { operands, switches } = args2;
    if (switches.has("stores")) {
      if (operands.length > 0 || switches.has("effective")) throw wrongUsage("--stores takes neither KEYs nor --effective");
      const session2 = await begin(args2, { needsRepository: false });
      const { repository } = session2.store;
      await showStores(await session2.ask({ task: "stores", ...repository !== void 0 && { repository } }), session2);
      return 0;
    }
    const session = await begin(args2);
    const isEffective = switches.has("effective");
    const report2 = await session.ask({ task: "list", store: session.store, effective: isEffective, both: isEffective && !switches.has("variable") });
    const isWanted = ({ environment }) => isEffective || environment === session.store.environment;
    const level = session.store.environment === void 0 ? "repository" : "environment";
    const found3 = report2.keys.filter((listed2) => isEffective || listed2.level === level);
    const keys = found3.filter(({ key }) => operands.length === 0 || operands.includes(key));
    const absent = operands.filter((key) => !keys.some((listed2) => listed2.key === key));
    await showKeys({ stores: report2.stores.filter(isWanted), missing: report2.missing.filter(isWanted), keys }, absent, session, isEffective);
    return absent.length > 0 ? KEY_MISSING : 0;
  }
};
async function showKeys({ stores, missing: missing2, keys }, absent, session, isEffective) {
  if (session.isJson) {
    const found3 = { stores: stores.map(storeInJson), missingStores: missing2.map(storeInJson) };
    const listed2 = keys.map(({ version, ...key }) => ({ ...key, versionId: version }));
    await printJson({ command: "list", ...found3, keys: listed2, missingKeys: absent });
    return;
  }
  missing2.forEach((store) => console.error(`env-kvstore: there is no store ${printable(store.name)}`));
  absent.forEach((key) => console.error(`env-kvstore: there is no key ${printable(key)}`));
  const row = ({ key, kind, level, effective, empty, version, created }) => [
    kind,
    level,
    ...isEffective ? [effective ? "yes" : "no"] : [],
    ageOf(created),
    version.slice(0, 8),
    `${key}${empty ? " (null)" : ""}`
  ];
  const titles = ["KIND", "LEVEL", ...isEffective ? ["USED"] : [], "AGE", "VERSION", "KEY"];
  if (keys.length > 0) await print(table(titles, keys.map(row)));
}
async function showStores({ stores }, { isJson }) {
  if (isJson) return printJson({ command: "list", stores });
  const row = ({ name, tags, changed, deleted }) => [
    deleted === void 0 ? dateOf(changed) : `deleted ${dateOf(deleted)}`,
    [name, ...tags.map(([key, value]) => `${key}=${value}`)].join(" ")
  ];
  if (stores.length > 0) await print(table(["CHANGED (UTC)", "STORE AND TAGS"], stores.map(row)));
  else console.error("There are no stores.");
}

// npm/commands/put.ts
import { isatty as isatty3 } from "node:tty";
var put = {
  name: "put",
  summary: "write values into a store",
  usage: "KEY... [FLAGS]",
  operands: "words",
  about: [
    "Writes values into a store, all in one write, and leaves its other keys as they are. The value of KEY is read from stdin, without one line break at its end; on a terminal, a prompt asks for it and does not show it. No value is an argument, which other programs and the history of the shell could read.",
    "If nothing changes, nothing is written. If others write to the store at the same time, no change is lost: the write is repeated on top of theirs, or stops if they changed the same key."
  ],
  inputs: ["stores", "connection"],
  flags: [
    { name: "raw", help: "Keep the line break at the end of stdin." },
    { name: "allow-empty", help: "Take an empty value from stdin or the prompt. Without it, that is an error, because a failed command before the pipe gives one." },
    { name: "from-dotenv", value: "FILE", isFile: true, help: "Write all keys of a dotenv file too. - is stdin." },
    { name: "from-file", value: "KEY=PATH", repeated: true, help: "Write a whole file, unchanged, under KEY. May be repeated." },
    ...CREATE_FLAGS,
    ANY_KEY,
    ...STORE_FLAGS,
    { ...YES, help: "Take the repository of the git remote without a question." },
    DRY_RUN
  ],
  examples: [
    { what: "At a terminal, which asks for the value:", command: "env-kvstore put DATABASE_URL --environment production" },
    { what: "A key file and a dotenv file, in one write:", command: "env-kvstore put --from-file SIGNING_KEY=key.pem --from-dotenv .env \\\n  --repository octo-org/octo-repo" }
  ],
  async run(args2) {
    const { switches } = args2;
    const create = await creationOf(args2);
    const isDryRun = switches.has("dry-run");
    const files = filesOf(args2);
    checkKeys(args2, files);
    const session = await begin(args2, { isWrite: !isDryRun });
    if (session === void 0) return 1;
    const entries = await entriesOf2(args2, files);
    const task = {
      task: "change",
      store: session.store,
      set: { from: "entries", entries },
      ...isDryRun && { dryRun: true },
      ...create && { create },
      ...switches.has("allow-any-key") && { allowAnyKey: true }
    };
    await reportChange("put", await session.ask(task, isDryRun ? "Reading" : "Writing"), session, isDryRun);
    return 0;
  }
};
function filesOf({ own }) {
  const lines2 = own["from-file"]?.split("\n") ?? [];
  return lines2.map((line) => {
    const at = line.indexOf("=");
    if (at < 1 || at === line.length - 1) throw wrongUsage("--from-file: it is not KEY=PATH");
    return [line.slice(0, at), line.slice(at + 1)];
  });
}
function checkKeys({ operands, own, switches }, files) {
  const hint = "The value is read from stdin, or asked for at a terminal: env-kvstore put KEY < FILE. If this was a real value, other programs may have seen it: replace it.";
  if (operands.some((operand) => operand.includes("="))) throw wrongUsage("put takes no value as an argument, and KEY=VALUE has one", hint);
  if (!switches.has("allow-any-key") && operands.length > 1 && operands.some((operand) => !/^[A-Za-z_][\w.-]*$/.test(operand))) {
    throw wrongUsage("put takes no value as an argument, and one of the arguments is not a key", hint);
  }
  if (operands.length === 0 && files.length === 0 && own["from-dotenv"] === void 0) missing("a KEY, --from-dotenv FILE or --from-file KEY=PATH");
  if (operands.length > 0 && isatty3(0) && !hasTerminal()) {
    throw wrongUsage("put asks for the value on stderr, which is not a terminal", "What is typed would be shown. Do not redirect stderr, or pipe the value in.");
  }
  if (operands.length > 1 && !hasTerminal()) {
    throw wrongUsage("stdin holds the value of one KEY, and put was given several arguments", `Use --from-dotenv or --from-file for several keys. ${hint}`);
  }
  const readers = [operands.length > 0 && !hasTerminal(), own["from-dotenv"] === "-", ...files.map(([, file]) => file === "-")];
  if (readers.filter(Boolean).length > 1) throw wrongUsage("stdin can be read once only, and two of the values are to come from it");
  refuseTwice([...operands, ...files.map(([key]) => key)]);
}
async function entriesOf2({ operands, own, switches }, files) {
  const entries = [];
  for (const key of operands) {
    const text = hasTerminal() ? await askHidden(`Value of ${printable(key)}`) : withoutLineBreak(await readStdin(), switches.has("raw"));
    if (text === "" && !switches.has("allow-empty")) {
      throw wrongUsage("the value is empty", "If a command before the pipe failed, correct it; if the value is to be empty, pass --allow-empty. Nothing was written.");
    }
    entries.push([key, text]);
  }
  for (const [key, file] of files) entries.push([key, await readTextFile(file)]);
  const dotenv = own["from-dotenv"];
  if (dotenv !== void 0) entries.push(...await dotenvEntries(await readTextFile(dotenv), dotenv));
  refuseTwice(entries.map(([key]) => key));
  if (entries.length === 0) throw wrongUsage("the file has no keys", "Nothing was written.");
  const empty = entries.filter(([, text]) => text === "").map(([key]) => printable(key));
  if (empty.length > 0) console.error(`env-kvstore: empty ${empty.length > 1 ? "values" : "value"}: ${empty.join(", ")}`);
  return entries;
}
function withoutLineBreak(text, isRaw) {
  return isRaw ? text : text.replace(/\r?\n$/, "");
}
function refuseTwice(keys) {
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== void 0) throw wrongUsage(`${printable(twice)} is given twice`, "Nothing was written.");
}

// npm/commands/restore.ts
var restore = {
  name: "restore",
  summary: "bring back a store whose deletion is scheduled",
  usage: "[FLAGS]",
  about: ["Brings back a store that `env-kvstore delete` has deleted, with all its versions, as long as its recovery window lasts."],
  inputs: ["stores", "connection"],
  flags: [...STORE_FLAGS, { ...YES, help: "Take the repository of the git remote without a question." }],
  examples: [{ what: "Bring back the secrets of an environment:", command: "env-kvstore restore --repository octo-org/octo-repo --environment review-17" }],
  async run(args2) {
    const session = await begin(args2, { isWrite: true });
    if (session === void 0) return 1;
    const { store } = await session.ask({ task: "restore", store: session.store }, "Restoring");
    if (session.isJson) await printJson({ command: "restore", store: storeInJson(store) });
    else await print(`Restored ${printable(store.arn ?? store.name)}
`);
    return 0;
  }
};

// npm/commands/rm.ts
var rm = {
  name: "rm",
  summary: "remove keys from a store",
  usage: "KEY... [FLAGS]",
  operands: "words",
  about: ["Removes keys from a store, all in one write. Asks first. Prints the command that brings them back."],
  inputs: ["stores", "connection"],
  flags: [...STORE_FLAGS, YES, DRY_RUN],
  examples: [{ what: "Remove a key of an environment:", command: "env-kvstore rm SENTRY_DSN --environment production" }],
  async run(args2) {
    const remove = args2.operands;
    if (remove.length === 0) missing("at least one KEY");
    const session = await beginAsking(args2);
    return changeAsPlanned("rm", session, { task: "change", store: session.store, remove, allowAnyKey: true }, args2);
  }
};

// npm/commands/rollback.ts
var rollback = {
  name: "rollback",
  summary: "make an earlier version of a store the current one",
  usage: "[VERSION] [FLAGS]",
  operands: "words",
  about: [
    "Makes a version of a store the current one again: the one before, or that with the id VERSION. It moves the label AWSCURRENT and writes no new version. Shows the keys that change, and asks."
  ],
  inputs: ["stores", "connection"],
  flags: [...STORE_FLAGS, YES, DRY_RUN],
  examples: [{ what: "Undo the last change:", command: "env-kvstore rollback --repository octo-org/octo-repo --environment production" }],
  async run(args2) {
    const [version, ...more] = args2.operands;
    if (more.length > 0) missing("at most one VERSION");
    const session = await beginAsking(args2);
    const { switches } = args2;
    const task = { task: "rollback", store: session.store, ...version !== void 0 && { version } };
    const plan = await session.ask({ ...task, dryRun: true });
    const isDryRun = switches.has("dry-run");
    if (!isDryRun) {
      if (!switches.has("yes")) process.stderr.write(`${named(plan.store, session)}
Version ${printable(plan.to)}
${marked(plan.keys, process.stderr)}`);
      const question = `Make it the current version: ${counted(plan.keys)}?`;
      if (!await confirmed(question, switches.has("yes"))) {
        declined();
        return 1;
      }
    }
    const done = isDryRun ? plan : await session.ask({ ...task, version: plan.to, base: plan.from, dryRun: false }, "Writing");
    const back = done.moved ? commandLine(["rollback", ...session.flagsTo(done.store), done.from]) : void 0;
    if (session.isJson) {
      const { store, from, to, keys, moved } = done;
      await printJson({ command: "rollback", dryRun: isDryRun, store: storeInJson(store), previousVersionId: from, versionId: to, keys, moved, rollback: back });
      return 0;
    }
    const said = done.moved ? `The current version of ${printable(done.store.arn ?? done.store.name)} is ${done.to}
To go back: ${back}
` : `Nothing was written: this was a dry run. ${counted(done.keys)}.
`;
    await print(`${marked(done.keys, process.stdout)}${said}`);
    return 0;
  }
};

// npm/commands/snapshot.ts
import { spawn as spawn2 } from "node:child_process";
var FOLDER = "snapshot";
var snapshot = {
  name: "snapshot",
  summary: "collect what an account lets jobs read, for explain and audit",
  usage: "[FLAGS]",
  about: [
    "Prints a shell script of AWS CLI calls that only read: OIDC providers, identity pools with their principal tag maps, the roles that trust them with all their policies, names, tags and resource policies of secrets, and policies of KMS keys. It never reads the value of a secret. Whoever may read IAM reviews the script and runs it: sh snapshot.sh FOLDER.",
    "--run runs the script by sh, with the AWS CLI and the credentials that it finds, and checks what came. --check checks a folder that somebody else has collected. --policy prints the IAM policy that the script needs."
  ],
  inputs: [],
  flags: [
    { name: "to", value: "FOLDER", isFile: true, help: `The folder to collect into, which must be empty or absent. Default, without --run: ${FOLDER}.` },
    { name: "run", help: "Run the script instead of printing it; needs --to." },
    { name: "check", value: "FOLDER", isFile: true, help: "Send nothing; say what a snapshot has, or what is wrong with it." },
    { name: "policy", help: "Print the IAM policy that the script needs, instead of the script." },
    { name: "region", value: "REGION", help: "The region of the secrets and pools. Default: AWS_REGION, AWS_DEFAULT_REGION, or that of --pool-id." },
    { name: "pool-id", value: "ID", repeated: true, help: "Collect this identity pool alone. It can be repeated. Default: all of the region." },
    { name: "secret-prefix", value: "PREFIX", repeated: true, help: "Collect secrets whose names begin so. It can be repeated. Default: all of the region." },
    { name: "no-secret-policies", help: "Leave out the resource policies of secrets, each of which takes a call." },
    { name: "json", help: 'With --run or --check: print one JSON object to stdout, with "version": 1.' }
  ],
  examples: [
    { what: "For review, before an administrator runs it:", command: "env-kvstore snapshot --region us-west-2 > snapshot.sh" },
    { what: "With your own credentials:", command: "env-kvstore snapshot --run --to snapshot --region us-west-2" }
  ],
  async run({ own, switches }) {
    const isRun = switches.has("run");
    const alone = [isRun, own["check"] !== void 0, switches.has("policy")].filter(Boolean);
    if (alone.length > 1) throw wrongUsage("--run, --check and --policy exclude each other");
    if (switches.has("json") && !isRun && own["check"] === void 0) throw wrongUsage("--json needs --run or --check");
    if (own["check"] !== void 0) return report(own["check"], switches.has("json"));
    if (isRun && own["to"] === void 0) missing("--to with --run");
    const folder = own["to"] ?? FOLDER;
    if (isRun && !isEmptyOrAbsent(folder)) {
      throw wrongUsage(`${printable(folder)} is not an empty folder`, "Choose another folder (--to), or empty it. Nothing was sent.");
    }
    const { script, policy, wrong } = (await admin()).snapshotScript({
      to: folder,
      region: regionOf2(own),
      poolIds: linesOf(own["pool-id"]),
      secretPrefixes: linesOf(own["secret-prefix"]),
      noSecretPolicies: switches.has("no-secret-policies")
    });
    if (wrong.length > 0) throw wrongUsage(wrong.map(([flag, problem]) => `--${flag}: ${problem}`).join("\n"), "See env-kvstore snapshot --help.");
    if (!isRun) {
      await print(switches.has("policy") ? `${policy}
` : script);
      return 0;
    }
    await collect(script, folder);
    return report(folder, switches.has("json"));
  }
};
function regionOf2(own) {
  const [pool] = linesOf(own["pool-id"]);
  return own["region"] || process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"] || pool?.split(":")[0] || missing("--region");
}
function linesOf(text) {
  return text?.split("\n").filter((line) => line !== "") ?? [];
}
async function collect(script, folder) {
  const reason = await new Promise((resolve) => {
    const shell = spawn2("sh", ["-s", "--", folder], { stdio: ["pipe", 2, 2] });
    shell.on("error", (error) => resolve(`sh: ${systemReason(error)}`));
    shell.on("close", (exitCode, signal) => resolve(exitCode === 0 ? void 0 : `the script ended with ${signal ?? exitCode}`));
    shell.stdin?.on("error", () => {
    }).end(script);
  });
  if (reason === void 0) return;
  throw new EnvKvstoreError({
    code: "snapshot-failed",
    message: `${reason}, and the snapshot in ${printable(folder)} is not complete`,
    hint: "The lines above say which call failed. It needs sh, the AWS CLI, and credentials with the rights of env-kvstore snapshot --policy."
  });
}
async function report(folder, isJson) {
  const files = snapshotTexts(folder);
  const checked = (await admin()).checkSnapshot(files.map(([name]) => name), files.map(([, text]) => text));
  const { problems, account, region, providers, pools, roles, secrets, keys, notEvaluated } = checked;
  if (problems.length > 0) {
    const lines2 = problems.map(({ file, line, pointer, message }) => `${printable(file)}:${line}${pointer && ` ${printable(pointer)}`}: ${printable(message)}`);
    throw wrongUsage(`the snapshot in ${printable(folder)} cannot be used:
${lines2.join("\n")}`, "Take it again, or correct the files.");
  }
  if (isJson) {
    await printJson({ command: "snapshot", folder, account, region, providers, pools, roles, secrets, keys, notEvaluated });
    return 0;
  }
  const counts = [
    [providers, "OIDC providers"],
    [pools, "identity pools"],
    [roles, "roles that trust them"],
    [secrets, "secrets"],
    [keys, "KMS keys"]
  ].map(([count, what]) => `  ${String(count).padStart(6)} ${what}
`);
  const lacking = notEvaluated.map((what) => `- ${printable(what)}
`);
  await print(`${printable(folder)}: account ${account}, ${region}
${counts.join("")}Not in it, and not evaluated by explain and audit:
${lacking.join("")}`);
  return 0;
}

// npm/commands/token.ts
import path13 from "node:path";
var token = {
  name: "token",
  summary: "write the web identity token to a file, for AWS_WEB_IDENTITY_TOKEN_FILE",
  usage: "[--to FILE]",
  about: [
    "Writes the token that STS accepts to a file which only you can read. Prints the variables that AWS tools need beside it, in the form of GITHUB_ENV. In GitHub Actions it first masks the token, through stderr.",
    "AWS_WEB_IDENTITY_TOKEN_SERVER, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, or a profile that has these settings, can replace the flags."
  ],
  inputs: ["connection"],
  flags: [
    { name: "to", value: "FILE", isFile: true, help: "The file to write. Default: the variable AWS_WEB_IDENTITY_TOKEN_FILE." },
    ...PROPOSAL_FLAGS
  ],
  examples: [
    {
      what: "For the steps that follow:",
      command: `env-kvstore token --to "$RUNNER_TEMP/token" \\
  --cognito-identity-pool-id us-west-2:12345678-1234-1234-1234-1234567890ab \\
  --cognito-role-arn arn:aws:iam::123456789012:role/github-actions \\
  >> "$GITHUB_ENV"`
    }
  ],
  outsideActions: "Outside GitHub Actions there is no token to request. To read values there, use `env-kvstore exec` or `env-kvstore get` with `--identity environment` and `--repository OWNER/NAME`.",
  async run({ options, own }) {
    const to = path13.resolve(own["to"] || process.env["AWS_WEB_IDENTITY_TOKEN_FILE"] || missing("--to FILE"));
    if (/[\r\n]/.test(to)) missing("--to FILE, without line breaks");
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    const outcome = await run("web-identity-token", { ...common, options: settings, tokenVariables });
    await maskInLog(outcome.webIdentityToken);
    replaceFile(to, outcome.webIdentityToken);
    const variables = {
      AWS_WEB_IDENTITY_TOKEN_FILE: to,
      AWS_ROLE_ARN: settings["cognitoRoleArn"]?.trim(),
      AWS_ROLE_SESSION_NAME: outcome.sessionName
    };
    const lines2 = Object.entries(variables).filter(([, value]) => value);
    await print(lines2.map(([name, value]) => `${name}=${value}
`).join(""));
    return 0;
  }
};

// npm/help.ts
var COLUMNS3 = 80;
var EXIT_CODES = [
  ["0", "done"],
  ["1", "failed"],
  ["2", "wrong usage or flags"]
];
var TITLES = {
  values: "What to read",
  stores: "Where the stores are",
  connection: "How to reach AWS",
  session: "The role's session"
};
function generalHelp(commands) {
  const rows = commands.map(({ name, summary }) => [name, summary]);
  const ofCommands = commands.flatMap(({ exitCodes, failsWith }) => failsWith ? [] : exitCodes ?? []);
  const codes = [...EXIT_CODES, ...new Map(ofCommands.map((row) => [row.join(), row])).values()];
  return `Usage: env-kvstore COMMAND [FLAGS]

Secrets, variables and AWS credentials for a job of GitHub Actions, and the
stores that they come from.

Commands:
${table2([...rows, ["help COMMAND", "print the help of a command"]])}
Flags:
${table2([["-h, --help", "print this help, or that of a command"], ["-v, --version", "print the version"]])}
If a flag is repeated, the last one wins; --values, --secrets, --tag and
--from-file add up.

Exit codes:
${table2(codes)}
exec ends with the exit code of its command; see env-kvstore help exec.
`;
}
function helpOf(command) {
  const { name, usage, about, flags, examples, exitCodes, failsWith, inputs } = command;
  const ofInputs = inputs.map((group) => [`${TITLES[group]}:`, list2(inputFlagsOf(command).filter((flag) => isOf(flag, group)))]);
  const own = [...flags, { name: "help", help: "Print this help." }];
  const codes = failsWith ? [EXIT_CODES[0], ...exitCodes].slice(1) : [...EXIT_CODES, ...exitCodes ?? []];
  const sections = [
    wrapped2(`Usage: env-kvstore ${name} ${usage}${usage.includes("[FLAGS]") || inputs.length === 0 ? "" : " [FLAGS]"}`, "", "  "),
    ...about.map((paragraph) => wrapped2(paragraph)),
    `Flags:
${list2(own)}`,
    ...ofInputs.map(([title, rows]) => `${title}
${rows}`),
    ...examples.map(({ what, command: command2 }) => `Example. ${what}
${command2.replace(/^/gm, "  ")}`),
    `Exit codes:
${table2(codes).trimEnd()}`
  ];
  return `${sections.join("\n\n")}
`;
}
function list2(flags) {
  return flags.map(({ name, value, help }) => `  ${name === "help" ? "-h, " : ""}--${name}${value ? ` ${value}` : ""}
${wrapped2(help, "      ")}`).join("\n");
}
function table2(rows) {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) => `${wrapped2(text, `  ${name.padEnd(width)}`, " ".repeat(width + 2))}
`).join("");
}
function wrapped2(text, first = "", rest = first) {
  const lines2 = [first];
  let isBegun = false;
  const add = (piece, between) => {
    const fits = lines2.at(-1).length + between.length + piece.length <= COLUMNS3;
    if (isBegun && !fits) lines2.push(rest + piece);
    else lines2.push(lines2.pop() + (isBegun ? between : "") + piece);
    isBegun = true;
  };
  for (const word of text.split(" ")) {
    const [head = "", ...parts2] = rest.length + word.length <= COLUMNS3 ? [word] : word.split(/(?<=,)/);
    add(head, " ");
    parts2.forEach((part) => add(part, ""));
  }
  return lines2.join("\n");
}

// npm/cli.ts
var WRONG_USAGE = 2;
var REFUSED_TO_PRINT = 3;
var INTERRUPTED = 130;
var OF_A_JOB = [credentialProcess, configure, token];
var OF_STORES2 = [put, list, rm, diff, copy, importFile, exportValues, history, rollback, deleteStore, restore];
var OF_RULES = [init, generate, explain, audit, snapshot];
var COMMANDS = [...OF_A_JOB, exec, get, ...OF_STORES2, ...OF_RULES, doctor, completion];
async function main(args2) {
  const [name = "--help", ...rest] = args2;
  if (name === "--version" || name === "-v") {
    await print(`${"1.0.0"}
`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const [topic] = name === "help" ? rest : [];
    await print(topic === void 0 || topic.startsWith("-") ? generalHelp(COMMANDS) : helpOf(named2(topic)));
    return args2.length === 0 ? WRONG_USAGE : 0;
  }
  const command = named2(name);
  const parsed = parseArguments(command, rest);
  if (!parsed) {
    await print(helpOf(command));
    return 0;
  }
  if (!OF_RULES.includes(command)) await compileEachFunctionOnce();
  return command.run(parsed, COMMANDS).catch((reason) => {
    throw withWayOutsideActions(reason, command, parsed);
  });
}
function named2(name) {
  const command = COMMANDS.find((known) => known.name === name);
  if (command) return command;
  const [word = ""] = name.split("=");
  const near = nearest(word, [...COMMANDS.map((known) => known.name), "help", "--help", "--version"]);
  const hint = "See env-kvstore --help.";
  throw wrongUsage(`there is no such command: ${repeated(word)}`, near ? `Did you mean ${near}? ${hint}` : hint);
}
function shown2(reason) {
  if (typeof reason === "string") return wrongUsage(reason);
  if (Array.isArray(reason)) return wrongUsage(reason.join("\n"));
  const { path: file, errno, syscall } = reason;
  if (file !== void 0 || errno !== void 0) {
    const message = `${printable(file ?? syscall ?? "")}: ${systemReason(reason)}`;
    return new EnvKvstoreError({ code: "file-failed", message, hint: "Check the path and its permissions." });
  }
  return asError(reason);
}
function withWayOutsideActions(reason, { outsideActions }, { options }) {
  const isOutside = !isInActions() && !process.env["ACTIONS_ID_TOKEN_REQUEST_URL"];
  if (!outsideActions || !isOutside || !(reason instanceof EnvKvstoreError) || reason instanceof WrongUsage) return reason;
  const lacksAll = ["identity", "cognitoIdentityPoolId", "cognitoRoleArn"].every((name) => !options[name]);
  const { code, message, hint } = reason;
  if (code !== "id-token-permission-missing" && !(code === "invalid-input" && lacksAll)) return reason;
  return new EnvKvstoreError({ code, message, hint: `${outsideActions} ${hint}` });
}
var args = process.argv.slice(2);
main(args).then(
  (exitCode) => process.exit(exitCode),
  (reason) => {
    if (reason instanceof Interrupted) {
      process.stderr.write("env-kvstore: interrupted. Nothing was written.\n", () => process.exit(INTERRUPTED));
      return;
    }
    const error = shown2(reason);
    const { code, message, hint } = error;
    const between = message.includes("\n") ? "\n" : ". ";
    const page = error instanceof WrongUsage ? "" : `${pageOf(code)}
`;
    process.stderr.write(`env-kvstore: ${code}: ${message}${between}${hint}
${page}`, () => process.exit(exitCodeOf(code)));
  }
);
function exitCodeOf(code) {
  const failsWith = COMMANDS.find(({ name }) => name === args[0])?.failsWith;
  if (failsWith !== void 0) return failsWith;
  if (code === "would-be-shown") return REFUSED_TO_PRINT;
  return code === "invalid-input" ? WRONG_USAGE : 1;
}
