import {
  EnvKvstoreError,
  OF_VALUES,
  OPTION_NAMES,
  asOption,
  invalidInput,
  run,
  writeMasks
} from "./core.mjs";

// npm/index.ts
import { inspect } from "node:util";
var REFRESHED_BEFORE_MS = 5 * 60 * 1e3;
var ROLE_DURATION_SECONDS = 3600;
var ENHANCED_DURATION_SECONDS = 3600;
var NUMBERS = ["roleDurationSeconds", "minMaskLength", "timeoutSeconds"];
var OF_CREDENTIALS = OPTION_NAMES.filter((name) => !OF_VALUES.includes(name));
var fromGitHubActions = (given) => {
  const { signal, logger, ...options } = given ?? {};
  let current;
  let pending;
  const exchange = async () => {
    const texts = checked(options, OF_CREDENTIALS, { signal });
    texts.roleDurationSeconds ??= String(ROLE_DURATION_SECONDS);
    const outcome = await run("credentials", { options: texts, spelling: asOption, log: logTo(logger), signal });
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = outcome.credentials;
    const seconds = texts.identity === "cognito-enhanced" ? ENHANCED_DURATION_SECONDS : Number(texts.roleDurationSeconds);
    const freshUntilMs = expiration ? Date.now() + seconds * 1e3 - REFRESHED_BEFORE_MS : Infinity;
    const credentials = {
      accessKeyId,
      secretAccessKey,
      ...sessionToken && { sessionToken },
      ...expiration && { expiration: new Date(expiration) },
      ...accountId && { accountId }
    };
    return { credentials, freshUntilMs };
  };
  return async (properties) => {
    if (signal?.aborted) throw signal.reason;
    if (current && !properties?.forceRefresh && Date.now() < current.freshUntilMs) {
      return current.credentials;
    }
    pending ??= exchange().finally(() => pending = void 0);
    current = await pending;
    return current.credentials;
  };
};
var loadValues = async (given) => {
  const { signal, logger, mask, env, ...options } = given ?? {};
  const texts = checked(options, OPTION_NAMES, { signal, mask, env });
  const { plan, values } = await run("values", { options: texts, spelling: asOption, log: logTo(logger), signal });
  if (mask) {
    await writeMasks(process.stdout, plan.masks);
  }
  if (env) {
    assignAll(env, Object.fromEntries(values.map(({ name, value }) => [name, value])));
  }
  return new Map(values.map((value) => [value.name, new LoadedValue(value)]));
};
function assignAll(env, values) {
  const before = Object.keys(values).map((name) => [name, env[name], name in env]);
  try {
    Object.assign(env, values);
  } catch {
    before.forEach(([name, value, wasThere]) => wasThere ? Reflect.set(env, name, value) : Reflect.deleteProperty(env, name));
    throw invalidInput(["env: is an object that does not take the values"], asOption);
  }
}
var LoadedValue = class {
  name;
  type;
  origin;
  #value;
  constructor({ name, kind, value, ...origin }) {
    this.name = name;
    this.type = kind;
    this.origin = origin;
    this.#value = value;
  }
  get value() {
    return this.#value;
  }
  /** Or else those who ask for hidden properties and for getters would be shown it. */
  [inspect.custom](_depth, options, print) {
    return `LoadedValue ${print({ ...this }, options)}`;
  }
};
var OTHERS = {
  signal: { wanted: "an AbortSignal", is: (value) => typeof value?.throwIfAborted === "function" },
  mask: { wanted: "a boolean", is: (value) => typeof value === "boolean" },
  env: { wanted: "an object", is: (value) => typeof value === "object" && value !== null }
};
function checked(options, known, others) {
  const texts = {};
  const problems = [];
  for (const [key, value] of Object.entries(options).filter(([, value2]) => value2 !== void 0)) {
    const name = known.find((name2) => name2 === key);
    const wanted = name && NUMBERS.includes(name) ? "number" : "string";
    if (name === void 0) problems.push(`${key}: there is no such option`);
    else if (typeof value !== wanted) problems.push(`${key}: is not a ${wanted}`);
    else texts[name] = String(value);
  }
  for (const [name, value] of Object.entries(others).filter(([, value2]) => value2 !== void 0)) {
    const { wanted, is } = OTHERS[name];
    if (!is(value)) problems.push(`${name}: is not ${wanted}`);
  }
  if (problems.length > 0) throw invalidInput(problems, asOption);
  return texts;
}
function logTo(logger) {
  return (kind, text, lines) => {
    const whole = [text, ...lines].join("\n");
    try {
      if (kind === "warning") logger?.warn?.(whole);
      else logger?.info?.(whole);
    } catch {
    }
  };
}
export {
  EnvKvstoreError,
  fromGitHubActions,
  loadValues
};
