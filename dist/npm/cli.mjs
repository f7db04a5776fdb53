#!/usr/bin/env node
import {
  EnvKvstoreError,
  GITHUB,
  OF_VALUES,
  OPTION_NAMES,
  asError,
  asFlag,
  compileEachFunctionOnce,
  core,
  isEndpoint,
  kebab,
  run,
  writeMasks,
  written
} from "./core.mjs";

// npm/cli.ts
import { existsSync, fstatSync, readFileSync as readFileSync2, statSync as statSync2 } from "node:fs";
import path2 from "node:path";
import { parseArgs } from "node:util";

// action/profile.ts
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
function configFile() {
  return locate(process.env["AWS_CONFIG_FILE"], "config");
}
function locate(named, leaf) {
  return followed(named ? named.replace(/^~(?=[/\\])/, homedir()) : path.join(homedir(), ".aws", leaf));
}
function read(file, encoding = "utf8") {
  try {
    return readFileSync(file, encoding);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(error.code ?? "")) return void 0;
    throw error;
  }
}
function replaceFile(file, text, encoding = "utf8", mode = 384) {
  mkdirSync(path.dirname(file), { recursive: true, mode: 448 });
  const beside = `${file}.${randomBytes(8).toString("hex")}.tmp`;
  writeFileSync(beside, text, { encoding, mode: 384, flag: "wx" });
  try {
    chmodSync(beside, mode);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
function followed(file) {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

// npm/exec.ts
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { isatty } from "node:tty";
var SIGNALS = [
  ...["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"],
  ...["SIGALRM", "SIGVTALRM", "SIGXCPU", "SIGCONT", "SIGWINCH"]
];
var PASSED_ON = SIGNALS.filter((signal) => signal in constants.signals);
var OF_A_TERMINAL = ["SIGINT", "SIGQUIT"];
var NOT_EXECUTABLE = 126;
var NOT_FOUND = 127;
function runCommand(command, args2, variables) {
  const hasTerminal = isatty(0);
  let child;
  for (const signal of PASSED_ON) {
    const comesByItself = hasTerminal && OF_A_TERMINAL.includes(signal);
    process.on(signal, () => comesByItself || child?.kill(signal));
  }
  return new Promise((resolve) => {
    const cannotRun = ({ code }) => {
      console.error(`env-kvstore: ${command}: ${code}`);
      resolve(code === "ENOENT" ? NOT_FOUND : NOT_EXECUTABLE);
    };
    try {
      child = spawn(command, args2, { env: { ...process.env, ...variables }, stdio: "inherit" });
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

// npm/help.ts
var CONNECTION = `To reach AWS:
  --identity-pool-id REGION:UUID   the Cognito identity pool
  --role-arn ARN                   the role that is assumed
  --identity KIND                  cognito (default), cognito-enhanced, web-identity, environment
  --github-enterprise-name SLUG    if the enterprise issues tokens under its own name
  --oidc-issuer URL                GitHub Enterprise Server, data residency
  --audience TEXT                  of the GitHub token
  --role-session-name TEMPLATE     of claims, {run_id}@{sha} by default
  --aws-account-id ID, --aws-region REGION
  --cognito-account-id ID, --cognito-region REGION
  --timeout-seconds N              for all requests together, 60 by default
`;
var SESSION = `  --role-duration-seconds N        900 to 43200
  --chain-role-arn ARN             a second role, assumed by the first one's session
  --chain-session-tags CLAIMS      claims that become its session tags, with commas between
`;
var VALUES = `What to read:
  --values LINES                   ENV_VAR,secret|variable[,KEY[,optional]]; may be given several times
  --secrets LINES                  ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]; the same
  --namespace NAME                 first part of the stores' names
  --environment-store RULE         required, not-found-ok (default), optional
  --secrets-manager-account-id ID, --secrets-manager-region REGION
  --repository OWNER/NAME          outside GitHub Actions, with --identity environment
  --environment NAME               the same
`;
var PROPOSAL = `  --web-identity-token-server S    GitHub[,AUDIENCE] or URL_VARIABLE,TOKEN_VARIABLE[,AUDIENCE]
  --profile NAME                   of AWS_CONFIG_FILE, whose web_identity_token_server, role_arn, role_session_name,
                                   duration_seconds and region are taken
  Without --profile, AWS_WEB_IDENTITY_TOKEN_SERVER, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME beat the profile.
`;
var USAGE = {
  general: `Usage: env-kvstore COMMAND [FLAGS]

  credential-process   credentials of a role, for credential_process in an AWS config file
  configure            translates a config file with web_identity_token_server
  token                the web identity token to a file, for AWS_WEB_IDENTITY_TOKEN_FILE
  exec                 runs a command with values in its environment
  get                  prints one value

  env-kvstore COMMAND --help tells a command's flags. Of one that is given twice the last counts; --values and --secrets add up.

Exit codes: 0 done; 1 failed; 2 wrong usage or flags; 3 get would have shown the value. exec ends as its command does, with
125 if it fails itself, 126 if the command cannot be run, 127 if there is none.
`,
  "credential-process": `Usage: env-kvstore credential-process --identity-pool-id POOL --role-arn ROLE [FLAGS]

Writes the role's credentials to stdout as AWS tools read them from credential_process. They live 3600 seconds.

${CONNECTION}${SESSION}
In place of them:
${PROPOSAL}`,
  configure: `Usage: env-kvstore configure --from FILE [--to FILE] [--command COMMAND] [FLAGS]

Translates an AWS config file: each profile with web_identity_token_server gets a credential_process that every AWS tool
runs. Everything else stays as it is. Writes to stdout unless --to names a file.

  --overwrite                      a file of that name that is there already, which is not the one that is translated

  --command COMMAND                what is run, quoted for a shell; this program by its path unless given

Flags to add to each command:
${CONNECTION}${SESSION}`,
  token: `Usage: env-kvstore token [--to FILE] [FLAGS]

Writes the token that STS takes to a file which only you can read, and to stdout the variables for it, as GITHUB_ENV has them.
In GitHub Actions the token is masked, by stderr.

  --to FILE                        AWS_WEB_IDENTITY_TOKEN_FILE unless given

${CONNECTION}
In place of them:
${PROPOSAL}`,
  exec: `Usage: env-kvstore exec --values LINES [FLAGS] -- COMMAND [ARGUMENTS]

Runs a command with the values in its environment, and in no other. Signals and the exit code are passed on. In GitHub Actions
the secrets are masked first, by stderr, because stdout is the command's.

${VALUES}
${CONNECTION}${SESSION}`,
  get: `Usage: env-kvstore get NAME [--yes] [FLAGS]

Prints one value as it is, without a line break after it. Reads the key NAME of the secrets stores, unless --values or
--secrets has a line for NAME.

  --yes                            also to a terminal or to the pipe of a CI job, which may lead to its log

${VALUES}
${CONNECTION}${SESSION}`
};

// npm/proposal.ts
var SERVER = "web identity token server";
var KEYS = [
  ["web_identity_token_server", ["AWS_WEB_IDENTITY_TOKEN_SERVER"], void 0],
  ["role_arn", ["AWS_ROLE_ARN"], "roleArn"],
  ["role_session_name", ["AWS_ROLE_SESSION_NAME"], "roleSessionName"],
  ["duration_seconds", [], "roleDurationSeconds"],
  ["region", ["AWS_REGION", "AWS_DEFAULT_REGION"], "awsRegion"]
];
async function settingsOfProposal(options, own) {
  const { tokenServer, profileSettings } = await core();
  const named = own["profile"];
  const flag = own["web-identity-token-server"];
  const name = named ?? (process.env["AWS_PROFILE"] || process.env["AWS_DEFAULT_PROFILE"] || "default");
  const file = configFile();
  const found = profileSettings(read(file) ?? "", name, KEYS.map(([key]) => key));
  if (named !== void 0 && !found) {
    throw invalid(`--profile: there is no such profile in ${file}`);
  }
  if (named !== void 0 && !flag && !found?.[0]) {
    throw invalid("--profile: the profile has no web_identity_token_server");
  }
  const profile = named !== void 0 || flag === void 0 || found?.[0] ? found : void 0;
  const settled = KEYS.map(([, variables], index) => {
    const ofEnvironment = named === void 0 && variables.map((variable) => process.env[variable]).find(Boolean);
    return ofEnvironment || profile?.[index] || void 0;
  });
  const server = flag ?? settled[0];
  if (server === void 0) {
    return { settings: options, tokenVariables: GITHUB };
  }
  const added = KEYS.flatMap(([, , option], index) => option ? [[option, settled[index]]] : []);
  const [url, token, audience] = parts(tokenServer, server);
  const tokenVariables = { url, token };
  if (url !== GITHUB.url) demandEndpoint(tokenVariables);
  const settings = {
    ...Object.fromEntries(added),
    audience,
    identity: options["identityPoolId"] ? void 0 : "web-identity",
    ...given(options)
  };
  return { settings, tokenVariables };
}
function parts(tokenServer, server) {
  try {
    return tokenServer(server);
  } catch (problem) {
    throw invalid(`${SERVER}: ${String(problem)}`);
  }
}
function demandEndpoint({ url, token }) {
  const unset = [url, token].filter((name) => !process.env[name]);
  if (unset.length > 0) throw invalid(`${SERVER}: ${unset.join(" and ")} ${unset.length > 1 ? "are" : "is"} not set`);
  if (!isEndpoint(process.env[url])) throw invalid(`${SERVER}: ${url} holds no https URL`);
}
function given(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== void 0));
}
function invalid(message) {
  return new EnvKvstoreError({ code: "invalid-input", message, hint: "Nothing was sent." });
}

// npm/cli.ts
var WRONG_USAGE = 2;
var REFUSED_TO_PRINT = 3;
var EXEC_FAILED = 125;
var ROLE_DURATION_SECONDS = "3600";
var OWN_FLAGS = {
  "credential-process": ["profile", "web-identity-token-server"],
  configure: ["from", "to", "command", "overwrite"],
  token: ["to", "profile", "web-identity-token-server"],
  exec: [],
  get: ["yes"]
};
var LINES = ["values", "secrets"];
var BOOLEANS = ["overwrite", "yes"];
var OF_SESSION = ["chainRoleArn", "chainSessionTags", "roleDurationSeconds"];
var IN_NO_COMMAND = ["githubToken", "minMaskLength"];
var COMMANDS = {
  async "credential-process"({ options, own }) {
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    if (settings["identity"] !== "environment") warnOfShadow();
    const withDuration = { ...settings, roleDurationSeconds: settings["roleDurationSeconds"] ?? ROLE_DURATION_SECONDS };
    const { credentials } = await run("credentials", { ...common, options: withDuration, tokenVariables });
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
    await print(
      `${JSON.stringify({
        Version: 1,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: expiration
      })}
`
    );
    return 0;
  },
  async configure({ options, own, overwrite }) {
    const from = own["from"] ?? missing("--from FILE");
    const flags = Object.entries(options).flatMap(([name, value]) => value ? [kebab(name), value] : []);
    const text = (await core()).configure(textOf(from), own["command"] ?? thisCommand(), flags);
    warnOfShadow();
    const to = own["to"];
    if (to && to !== from && !overwrite && holdsText(to)) {
      throw wrongUsage(`--to: ${to} is there already; --overwrite replaces all that is in it`);
    }
    if (to) replaceFile(followed(to), text);
    else await print(text);
    return 0;
  },
  async token({ options, own }) {
    const to = path2.resolve(own["to"] || process.env["AWS_WEB_IDENTITY_TOKEN_FILE"] || missing("--to FILE"));
    if (/[\r\n]/.test(to)) missing("--to FILE, without line breaks");
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    const outcome = await run("web-identity-token", { ...common, options: settings, tokenVariables });
    await maskInLog([outcome.webIdentityToken]);
    replaceFile(to, outcome.webIdentityToken);
    const variables = {
      AWS_WEB_IDENTITY_TOKEN_FILE: to,
      AWS_ROLE_ARN: settings["roleArn"]?.trim(),
      AWS_ROLE_SESSION_NAME: outcome.sessionName
    };
    const lines = Object.entries(variables).filter(([, value]) => value);
    await print(lines.map(([name, value]) => `${name}=${value}
`).join(""));
    return 0;
  },
  async exec({ options, positionals: [command, ...args2] }) {
    if (command === void 0) missing("a command after --");
    const { plan, values } = await run("values", { ...common, options });
    await maskInLog(plan.masks);
    return runCommand(command, args2, Object.fromEntries(values.map(({ name, value }) => [name, value])));
  },
  async get({ options, yes, positionals: [name, ...more] }) {
    if (name === void 0 || more.length > 0) missing("one NAME");
    if (!/^[A-Za-z_]\w*$/.test(name)) missing("a NAME of letters, digits and _: for another key, give a line of --values");
    if (!yes) refuseToShow();
    const isGiven = options["values"] || options["secrets"];
    const lines = isGiven ? options : { ...options, values: `${name},secret` };
    const { plan, values } = await run("values", { ...common, options: lines }).catch((error) => {
      if (isGiven || error.code !== "key-missing") throw error;
      const hint = `${error.hint} A variable is read by \`--values ${name},variable\`.`;
      throw new EnvKvstoreError({ code: error.code, message: error.message, hint });
    });
    const found = values.find((value) => value.name === name);
    if (!found) {
      const message = `there is no value for ${name}`;
      throw new EnvKvstoreError({ code: "key-missing", message, hint: "Give it a line in --values or --secrets." });
    }
    await maskInLog(plan.masks);
    await print(found.value);
    return 0;
  }
};
var common = {
  spelling: asFlag,
  log(kind, text) {
    if (kind === "warning" || kind === "notice") console.error(`env-kvstore: ${text}`);
  }
};
async function main(args2) {
  const [command = "--help", ...rest] = args2;
  if (command === "--version") {
    await print(`${"1.0.0"}
`);
    return 0;
  }
  if (command === "--help" || command === "-h" || command === "help") {
    await print(USAGE.general);
    return args2.length === 0 ? WRONG_USAGE : 0;
  }
  if (!Object.hasOwn(COMMANDS, command)) {
    throw wrongUsage("there is no such command; see env-kvstore --help");
  }
  const known = command;
  const parsed = parse(known, rest);
  if (!parsed) {
    await print(USAGE[known]);
    return 0;
  }
  compileEachFunctionOnce();
  return COMMANDS[known](parsed);
}
function parse(command, args2) {
  const takesValues = command === "exec" || command === "get";
  const names = OPTION_NAMES.filter(
    (name) => !IN_NO_COMMAND.includes(name) && (takesValues || !OF_VALUES.includes(name)) && (command !== "token" || !OF_SESSION.includes(name))
  );
  const own = OWN_FLAGS[command].filter((flag) => !BOOLEANS.includes(flag));
  const text = (flag) => ({ type: "string", multiple: LINES.includes(flag) });
  const flags = Object.fromEntries([...names.map(kebab), ...own].map((flag) => [flag, text(flag)]));
  const boolean = { type: "boolean" };
  const ofCommand = OWN_FLAGS[command].filter((flag) => BOOLEANS.includes(flag)).map((flag) => [flag, boolean]);
  const booleans = { ...Object.fromEntries(ofCommand), help: { ...boolean, short: "h" } };
  const { values, positionals } = parseArgs({ args: args2, options: { ...flags, ...booleans }, allowPositionals: takesValues });
  if ("help" in values) return void 0;
  const given2 = (flag) => [values[flag]].flat().join("\n") || void 0;
  return {
    options: Object.fromEntries(names.map((name) => [name, given2(kebab(name))])),
    own: Object.fromEntries(own.map((flag) => [flag, given2(flag)])),
    overwrite: "overwrite" in values,
    yes: "yes" in values,
    positionals
  };
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
      "env-kvstore: AWS_ACCESS_KEY_ID is set: AWS tools take it, and not a profile, unless the profile is named on their command line or in their code. Unset it where the profile is to be used."
    );
  }
}
function refuseToShow() {
  const isCi = isInActions() || !["", "false", void 0].includes(process.env["CI"]);
  const isLog = isCi && !isRegularFile();
  if (process.stdout.isTTY || isLog) {
    throw new EnvKvstoreError({
      code: "would-be-shown",
      message: `stdout is ${process.stdout.isTTY ? "a terminal" : "that of a CI job"}, where others may read the value`,
      hint: "Give it to one command with `env-kvstore exec`, write it to a file, or say --yes."
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
function holdsText(file) {
  return existsSync(file) && statSync2(file).size > 0;
}
function textOf(file) {
  const bytes = readFileSync2(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrongUsage(`--from: ${file} is not UTF-8`);
  }
}
function thisCommand() {
  const quoted = (file) => /^[\w@+:,./-]+$/.test(file) ? file : `"${file}"`;
  return [process.execPath, process.argv[1]].map((file) => quoted(file.replaceAll("\\", "/"))).join(" ");
}
function missing(what) {
  throw wrongUsage(`it takes ${what}`);
}
function wrongUsage(message) {
  return new EnvKvstoreError({ code: "invalid-input", message, hint: "See env-kvstore --help." });
}
function print(text) {
  return written(process.stdout, text);
}
function shown(reason) {
  if (typeof reason === "string") return wrongUsage(reason);
  if (Array.isArray(reason)) return wrongUsage(reason.join("\n"));
  const { code = "", path: file } = reason;
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    return wrongUsage(`there is no flag ${/'(-[\w-]*)/.exec(String(reason))?.[1] ?? ""}`);
  }
  if (code.startsWith("ERR_PARSE_ARGS")) return wrongUsage("a flag lacks its value, or stands without --");
  if (file !== void 0) {
    const hint = "Check the path and its permissions.";
    return new EnvKvstoreError({ code: "file-failed", message: `${file}: ${code}`, hint });
  }
  return asError(reason, asFlag);
}
var args = process.argv.slice(2);
main(args).then(
  (exitCode) => process.exit(exitCode),
  (reason) => {
    const { code, message, hint } = shown(reason);
    const between = message.includes("\n") ? "\n" : ". ";
    process.stderr.write(`env-kvstore: ${code}: ${message}${between}${hint}
`, () => process.exit(exitCodeOf(code)));
  }
);
function exitCodeOf(code) {
  if (args[0] === "exec") return EXEC_FAILED;
  if (code === "would-be-shown") return REFUSED_TO_PRINT;
  return code === "invalid-input" ? WRONG_USAGE : 1;
}
