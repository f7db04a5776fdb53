import {
  EnvKvstoreError,
  NUMBERS,
  OF_CREDENTIALS,
  OPTION_NAMES,
  byCurrentNames,
  currentName,
  run,
  writeMasks,
  wrongOptions
} from "./core.mjs";

// npm/index.ts
import { inspect } from "node:util";
var REFRESHED_BEFORE_MS = 5 * 60 * 1e3;
var ROLE_DURATION_SECONDS = 3600;
var fromGitHubActions = (given) => {
  const { signal, logger, ...options } = given ?? {};
  let current;
  let pending;
  const exchange = async () => {
    const texts = checked(options, OF_CREDENTIALS, { signal });
    texts.roleDurationSeconds ??= String(ROLE_DURATION_SECONDS);
    const asked = bothClocks();
    const outcome = await run("credentials", { options: texts, spelling: "option", log: logTo(logger), signal });
    const { accessKeyId, secretAccessKey, sessionToken, expiration, answered, accountId } = outcome.credentials;
    const answeredMs = Date.parse(answered ?? "") || Date.now();
    const toEndMs = expiration ? Date.parse(expiration) - answeredMs : Infinity;
    const isAsked = expiration !== void 0 && texts.identity !== "cognito-enhanced";
    const askedMs = isAsked ? Number(texts.roleDurationSeconds) * 1e3 : Infinity;
    const isFresh = lasting(Math.min(toEndMs, askedMs) - REFRESHED_BEFORE_MS, asked);
    const credentials = {
      accessKeyId,
      secretAccessKey,
      ...sessionToken && { sessionToken },
      ...expiration && { expiration: new Date(expiration) },
      ...accountId && { accountId }
    };
    return { credentials, isFresh };
  };
  return async (properties) => {
    if (signal?.aborted) throw signal.reason;
    if (current && !properties?.forceRefresh && current.isFresh()) {
      return current.credentials;
    }
    pending ??= exchange().finally(() => pending = void 0);
    current = await pending;
    return current.credentials;
  };
};
function bothClocks() {
  return [Date.now(), Number(process.hrtime.bigint()) / 1e6];
}
function lasting(durationMs, since) {
  return () => bothClocks().every((now, index) => now - since[index] < durationMs);
}
var loadValues = async (given) => {
  const { signal, logger, mask, env, ...options } = given ?? {};
  const texts = checked(options, OPTION_NAMES, { signal, mask, env });
  const { plan, values } = await run("values", { options: texts, spelling: "option", log: logTo(logger), masked: mask === true, signal });
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
    throw wrongOptions(["env: is an object that does not take the values"]);
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
  const given = byCurrentNames(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== void 0)));
  const problems = given.contradicting.map((older) => `${older}: is an older name of ${currentName(older)}, which has another value`);
  for (const [key, value] of Object.entries(given.options)) {
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
  if (problems.length > 0) throw wrongOptions(problems);
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
