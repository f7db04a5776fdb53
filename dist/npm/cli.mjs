#!/usr/bin/env node
import {
  EnvKvstoreError,
  GITHUB,
  asError,
  byCurrentNames,
  compileEachFunctionOnce,
  core,
  currentName,
  flagOf,
  isEndpoint,
  optionOf,
  repeated,
  run,
  systemReason,
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
  { name: "audience", of: "connection", value: "TEXT", help: "Audience to request the token for. Default: cognito-identity.amazonaws.com; with the identity web-identity, sts.amazonaws.com." },
  { name: "aws-account-id", of: "connection", value: "ID", help: "Account of the identity pool and of the stores. Default: the role's account." },
  { name: "aws-region", of: "connection", value: "REGION", help: "Region of the stores. Default: the pool's region; without a pool, that of the variable AWS_REGION." },
  { name: "cognito-account-id", of: "connection", value: "ID", help: "Account of the identity pool, if it is not --aws-account-id. Default: --aws-account-id." },
  { name: "cognito-region", of: "connection", value: "REGION", help: "Region of Cognito and STS, if it is not the pool's. Default: the pool's region; without a pool, --aws-region." },
  { name: "secrets-manager-account-id", of: "values", value: "ID", help: "Account of the stores, if it is not --aws-account-id. Default: --aws-account-id, else the account of the role that reads." },
  { name: "secrets-manager-region", of: "values", value: "REGION", help: "Region of the stores, if it is not --aws-region. Default: --aws-region." },
  { name: "identity", of: "connection", value: "KIND", help: "How the job identifies itself to AWS. One of cognito, cognito-enhanced, web-identity, environment. Default: cognito.", choices: ["cognito", "cognito-enhanced", "web-identity", "environment"] },
  { name: "chain-role-arn", of: "session", value: "ARN", help: "ARN of a second role to assume with the first role's session." },
  { name: "chain-session-tags", of: "session", value: "CLAIMS", help: "Claims that become session tags of the second role's session, separated by commas. Default: actor_id,enterprise,environment,event_name,job_workflow_ref,ref,repository,repository_id,run_id,sha." },
  { name: "chain-transitive-tag-keys", of: "session", value: "CLAIMS", help: "Those of --chain-session-tags that are transitive, separated by commas. Default: none." },
  { name: "role-session-name", of: "connection", value: "TEMPLATE", help: "Name of the role session, a template of claims. Default: {run_id}@{sha}." },
  { name: "role-duration-seconds", of: "session", value: "N", help: "Lifetime of the session's credentials, in seconds. 900 to 43200. Default: 3600 for credentials, 900 for values." },
  { name: "environment-store", of: "values", value: "RULE", help: "What to do if the job's environment has no store. One of required, not-found-ok, optional. Default: not-found-ok.", choices: ["required", "not-found-ok", "optional"] },
  { name: "timeout-seconds", of: "connection", value: "N", help: "Time limit for all requests and retries together, in seconds. 1 to 3600. Default: 60." },
  { name: "repository", of: "values", value: "OWNER/NAME", help: "Repository whose stores are read; only with the identity --environment." },
  { name: "environment", of: "values", value: "NAME", help: "Environment whose stores are read too; only with --repository." }
];

// npm/command.ts
function flagsOf(command) {
  return [...command.flags, ...inputFlagsOf(command)];
}
function inputFlagsOf({ inputs }) {
  return INPUT_FLAGS.filter(({ of }) => inputs.includes(of));
}

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
      const isSame = one[row - 1] === other[column - 1];
      let least = Math.min(above[column] + 1, current[column - 1] + 1, above[column - 1] + (isSame ? 0 : 1));
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
  throw wrongUsage(`it takes ${what}`);
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
      throw wrongUsage(`the flag ${rawName} lacks its value. A value that begins with - follows =, as in ${rawName}=-1`, hint);
    }
    given2.set(name, [...given2.get(name) ?? [], value ?? ""]);
  }
  if (given2.has("help")) return void 0;
  if (operands.length > 0 && !command.operands) throw wrongUsage("an argument is neither a flag nor the value of one", hint);
  const textOf2 = (name) => (byName.get(name)?.repeated ? given2.get(name)?.join("\n") : given2.get(name)?.at(-1)) || void 0;
  const names = inputFlagsOf(command).flatMap(({ name, older: older2 }) => older2 ? [name, older2] : [name]);
  const inputs = byCurrentNames(Object.fromEntries(names.map((name) => [optionOf(name), textOf2(name)])));
  const [older] = inputs.contradicting;
  if (older !== void 0) {
    throw wrongUsage(`--${flagOf(older)} is an older name of --${flagOf(currentName(older))}, which has another value`, hint);
  }
  const isSwitch = ({ value }) => value === void 0;
  return {
    options: inputs.options,
    own: Object.fromEntries(command.flags.filter((flag) => !isSwitch(flag)).map(({ name }) => [name, textOf2(name)])),
    switches: new Set(command.flags.filter(isSwitch).filter(({ name }) => given2.has(name)).map(({ name }) => name)),
    operands
  };
}
function unknownFlag(rawName, known, hint) {
  const near = nearest(rawName.replace(/^-+/, ""), known);
  return wrongUsage(`there is no flag ${repeated(rawName)}`, near ? `Did you mean --${near}? ${hint}` : hint);
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
    const operands = command.choices ? `words='${command.choices.join(" ")}'` : "";
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
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} flags='' words='' i
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
    *) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
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
  const operands = ({ operands: operands2, choices }) => {
    if (choices) return [`'1:shell:(${choices.join(" ")})'`];
    return operands2 === "command" ? [`'(-)1:command: _command_names -e'`, `'*::arguments: _normal'`] : operands2 ? [`'1:name: '`] : [];
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
  const quoted = (text) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const names = commands.map(({ name }) => name).join(" ");
  const line = (...words) => `complete -c env-kvstore ${words.join(" ")}
`;
  const none = `-n ${quoted(`not __fish_seen_subcommand_from ${names} help`)}`;
  const ofCommand = (command) => {
    const seen = `-n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
    const flags = [...flagsOf(command), HELP].map(({ name, value, help, choices, isFile }) => {
      const of = choices ? `-x -a ${quoted(choices.join(" "))}` : isFile ? "-r -F" : value ? "-x" : "";
      return line(seen, `-l ${name}`, of, `-d ${quoted(help)}`).replace("  ", " ");
    });
    const operands = command.choices ? [line(seen, `-a ${quoted(command.choices.join(" "))}`)] : [];
    const rest = command.operands === "command" ? [line(seen, `-a ${quoted("(__fish_complete_subcommand)")}`)] : [];
    return [...flags, ...operands, ...rest].join("");
  };
  return `# Completion of env-kvstore for fish: env-kvstore completion fish | source
complete -c env-kvstore -f
${commands.map(({ name, summary }) => line(none, `-a ${name}`, `-d ${quoted(summary)}`)).join("")}${line(none, "-a help", `-d ${quoted("print the help of a command")}`)}${line(none, "-s h -l help", `-d ${quoted("print this help")}`)}${line(none, "-s v -l version", `-d ${quoted("print the version")}`)}${line(`-n ${quoted("__fish_seen_subcommand_from help")}`, `-a ${quoted(names)}`)}${commands.map(ofCommand).join("")}`;
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
      "env-kvstore: AWS_ACCESS_KEY_ID is set: AWS tools take it, and not a profile, unless the profile is named on their command line or in their code. Unset it where the profile is to be used."
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
import { existsSync, readFileSync as readFileSync2, statSync as statSync2 } from "node:fs";
import path2 from "node:path";

// host/aws-files.ts
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
var MAX_BUSY_WAIT_MS = 320;
function configFile() {
  return locate(process.env["AWS_CONFIG_FILE"], "config");
}
function locate(named2, leaf) {
  return followed(named2 ? named2.replace(/^~(?=[/\\])/, () => homedir()) : path.join(homedir(), ".aws", leaf));
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
    const { configure: configure2, quotedCommand } = await core();
    const program = thisProgram();
    const text = configure2(textOf(from), own["command"] ?? quotedCommand(program), flags);
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
  return existsSync(file) && statSync2(file).size > 0;
}
function textOf(file) {
  const bytes = bytesOf(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrongUsage(`--from: ${file} is not UTF-8`);
  }
}
function bytesOf(file) {
  try {
    return readFileSync2(file);
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
  const isBelow = (folder, file) => !/^\.\.(?:[/\\]|$)/.test(path2.relative(folder, file)) && !path2.isAbsolute(path2.relative(folder, file));
  if (workspace && isBelow(followed(workspace), followed(program))) {
    console.error(
      "env-kvstore: this program lies in the checkout (GITHUB_WORKSPACE), and so will be what AWS tools run: whoever changes it there gets the token of the job. Install it elsewhere, as by `npm install --global env-kvstore`."
    );
  }
}

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
  const { tokenServer, profileSettings } = await core();
  const named2 = own["profile"];
  const flag = own["web-identity-token-server"];
  const name = named2 ?? (process.env["AWS_PROFILE"] || process.env["AWS_DEFAULT_PROFILE"] || "default");
  const file = configFile();
  const found = profileSettings(read(file) ?? "", name, KEYS.map(([key]) => key));
  if (named2 !== void 0 && !found) {
    throw invalid(`--profile: there is no such profile in ${file}`);
  }
  if (named2 !== void 0 && !flag && !found?.[0]) {
    throw invalid("--profile: the profile has no web_identity_token_server");
  }
  const profile = named2 !== void 0 || flag === void 0 || found?.[0] ? found : void 0;
  const settled = KEYS.map(([, variables], index) => {
    const ofEnvironment = named2 === void 0 && variables.map((variable) => process.env[variable]).find(Boolean);
    return ofEnvironment || profile?.[index] || void 0;
  });
  const server = flag ?? settled[0];
  if (server === void 0) {
    return { settings: options, tokenVariables: GITHUB };
  }
  const added = KEYS.flatMap(([, , option], index) => option ? [[option, settled[index]]] : []);
  const [url, token2, audience] = parts(tokenServer, server);
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
function parts(tokenServer, server) {
  try {
    return tokenServer(server);
  } catch (problem) {
    throw invalid(`${SERVER}: ${String(problem)}`);
  }
}
function demandEndpoint({ url, token: token2 }) {
  const unset = [url, token2].filter((name) => !process.env[name]);
  if (unset.length > 0) throw invalid(`${SERVER}: ${unset.join(" and ")} ${unset.length > 1 ? "are" : "is"} not set`);
  if (!isEndpoint(process.env[url])) throw invalid(`${SERVER}: ${url} holds no https URL`);
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
    const cannotRun = (error) => {
      console.error(`env-kvstore: ${command}: ${systemReason(error)}`);
      resolve(error.code === "ENOENT" ? NOT_FOUND : NOT_EXECUTABLE);
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

// npm/commands/exec.ts
var exec = {
  name: "exec",
  summary: "run a command with values in its environment",
  usage: "--values LINES [FLAGS] -- COMMAND [ARGUMENTS]",
  operands: "command",
  about: [
    "Runs a command with the values in its environment, and in no other. Signals and the exit code are passed on. In GitHub Actions it first masks the secrets, through stderr, because stdout is the command's."
  ],
  inputs: ["values", "connection", "session"],
  flags: [],
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
  async run({ options, operands: [command, ...args2] }) {
    if (command === void 0) missing("a command after --");
    const { plan, values } = await run("values", { ...common, options });
    await maskInLog(plan.masks);
    return runCommand(command, args2, Object.fromEntries(values.map(({ name, value }) => [name, value])));
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
    "Prints one value as it is, without a line break after it. Reads the key NAME of the secrets stores, unless --values or --secrets has a line for NAME. Refuses to print to a terminal, and to a pipe of a CI job, which may lead to its log."
  ],
  inputs: ["values", "connection", "session"],
  flags: [{ name: "yes", help: "Print to a terminal or to the pipe of a CI job too." }],
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
  async run({ options, switches, operands: [name, ...more] }) {
    if (name === void 0 || more.length > 0) missing("one NAME");
    if (!/^[A-Za-z_]\w*$/.test(name)) missing("a NAME of letters, digits and _: for another key, give a line of --values");
    if (!switches.has("yes")) refuseToShow();
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

// npm/commands/token.ts
import path3 from "node:path";
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
    const to = path3.resolve(own["to"] || process.env["AWS_WEB_IDENTITY_TOKEN_FILE"] || missing("--to FILE"));
    if (/[\r\n]/.test(to)) missing("--to FILE, without line breaks");
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    const outcome = await run("web-identity-token", { ...common, options: settings, tokenVariables });
    await maskInLog([outcome.webIdentityToken]);
    replaceFile(to, outcome.webIdentityToken);
    const variables = {
      AWS_WEB_IDENTITY_TOKEN_FILE: to,
      AWS_ROLE_ARN: settings["cognitoRoleArn"]?.trim(),
      AWS_ROLE_SESSION_NAME: outcome.sessionName
    };
    const lines = Object.entries(variables).filter(([, value]) => value);
    await print(lines.map(([name, value]) => `${name}=${value}
`).join(""));
    return 0;
  }
};

// npm/help.ts
var COLUMNS = 80;
var EXIT_CODES = [
  ["0", "done"],
  ["1", "failed"],
  ["2", "wrong usage or flags"]
];
var TITLES = { values: "What to read", connection: "How to reach AWS", session: "The role's session" };
function generalHelp(commands) {
  const rows = commands.map(({ name, summary }) => [name, summary]);
  const codes = [...EXIT_CODES, ...commands.flatMap(({ exitCodes, failsWith }) => failsWith ? [] : exitCodes ?? [])];
  return `Usage: env-kvstore COMMAND [FLAGS]

Secrets, variables and AWS credentials for a job of GitHub Actions.

Commands:
${table([...rows, ["help COMMAND", "print the help of a command"]])}
Flags:
${table([["-h, --help", "print this help, or that of a command"], ["-v, --version", "print the version"]])}
If a flag is repeated, the last one wins; --values and --secrets add up.

Exit codes:
${table(codes)}
exec ends with the exit code of its command; see env-kvstore help exec.
`;
}
function helpOf(command) {
  const { name, usage, about, flags, examples, exitCodes, failsWith, inputs } = command;
  const ofInputs = inputs.map((group) => [`${TITLES[group]}:`, list(inputFlagsOf(command).filter(({ of }) => of === group))]);
  const own = [...flags, { name: "help", help: "Print this help." }];
  const codes = failsWith ? [EXIT_CODES[0], ...exitCodes].slice(1) : [...EXIT_CODES, ...exitCodes ?? []];
  const sections = [
    wrapped(`Usage: env-kvstore ${name} ${usage}${usage.includes("[FLAGS]") || inputs.length === 0 ? "" : " [FLAGS]"}`, "", "  "),
    ...about.map((paragraph) => wrapped(paragraph)),
    `Flags:
${list(own)}`,
    ...ofInputs.map(([title, rows]) => `${title}
${rows}`),
    ...examples.map(({ what, command: command2 }) => `Example. ${what}
${command2.replace(/^/gm, "  ")}`),
    `Exit codes:
${table(codes).trimEnd()}`
  ];
  return `${sections.join("\n\n")}
`;
}
function list(flags) {
  return flags.map(({ name, value, help }) => `  ${name === "help" ? "-h, " : ""}--${name}${value ? ` ${value}` : ""}
${wrapped(help, "      ")}`).join("\n");
}
function table(rows) {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) => `${wrapped(text, `  ${name.padEnd(width)}`, " ".repeat(width + 2))}
`).join("");
}
function wrapped(text, first = "", rest = first) {
  const lines = [first];
  let isBegun = false;
  const add = (piece, between) => {
    const fits = lines.at(-1).length + between.length + piece.length <= COLUMNS;
    if (isBegun && !fits) lines.push(rest + piece);
    else lines.push(lines.pop() + (isBegun ? between : "") + piece);
    isBegun = true;
  };
  for (const word of text.split(" ")) {
    const [head = "", ...parts2] = rest.length + word.length <= COLUMNS ? [word] : word.split(/(?<=,)/);
    add(head, " ");
    parts2.forEach((part) => add(part, ""));
  }
  return lines.join("\n");
}

// npm/cli.ts
var WRONG_USAGE = 2;
var REFUSED_TO_PRINT = 3;
var COMMANDS = [credentialProcess, configure, token, exec, get, completion];
async function main(args2) {
  const [name = "--help", ...rest] = args2;
  if (name === "--version" || name === "-v") {
    await print(`${"1.0.0"}
`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const [topic] = name === "help" ? rest : [];
    await print(topic === void 0 || topic.startsWith("-") ? generalHelp(COMMANDS) : helpOf(named(topic)));
    return args2.length === 0 ? WRONG_USAGE : 0;
  }
  const command = named(name);
  const parsed = parseArguments(command, rest);
  if (!parsed) {
    await print(helpOf(command));
    return 0;
  }
  await compileEachFunctionOnce();
  return command.run(parsed, COMMANDS).catch((reason) => {
    throw withWayOutsideActions(reason, command, parsed);
  });
}
function named(name) {
  const command = COMMANDS.find((known) => known.name === name);
  if (command) return command;
  const [word = ""] = name.split("=");
  const near = nearest(word, [...COMMANDS.map((known) => known.name), "help", "--help", "--version"]);
  const hint = "See env-kvstore --help.";
  throw wrongUsage(`there is no such command: ${repeated(word)}`, near ? `Did you mean ${near}? ${hint}` : hint);
}
function shown(reason) {
  if (typeof reason === "string") return wrongUsage(reason);
  if (Array.isArray(reason)) return wrongUsage(reason.join("\n"));
  const { path: file, errno, syscall } = reason;
  if (file !== void 0 || errno !== void 0) {
    const message = `${file ?? syscall}: ${systemReason(reason)}`;
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
    const error = shown(reason);
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
