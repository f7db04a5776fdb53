// host/random.ts
import { randomFillSync } from "node:crypto";
function getRandomValues(bytes) {
  return randomFillSync(bytes);
}

// npm/errors.ts
import { getSystemErrorMap } from "node:util";
var EnvKvstoreError = class extends Error {
  code;
  hint;
  static {
    Object.defineProperty(this.prototype, "name", { value: "EnvKvstoreError" });
  }
  constructor({ code, message, hint }) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
  /** Lets a chain of the SDK's credential providers go on where no job of GitHub Actions could have a token. */
  get tryNextLink() {
    return this.code === "id-token-permission-missing";
  }
};
function asError(reason) {
  if (reason instanceof EnvKvstoreError) return reason;
  if (typeof reason === "object" && reason !== null && "code" in reason && "hint" in reason) {
    return new EnvKvstoreError(reason);
  }
  const kind = reason instanceof Error ? reason.name : typeof reason;
  return new EnvKvstoreError({
    code: "internal-error",
    message: kind,
    hint: "This is a fault of env-kvstore. Please report it with the line above; it holds no secret."
  });
}
function wrongOptions(problems) {
  const list = problems.length === 1 ? `: ${problems[0]}` : problems.map((problem) => `
- ${problem}`).join("");
  return new EnvKvstoreError({ code: "invalid-input", message: `wrong option${list}`, hint: "Correct the options. Nothing was sent." });
}
function systemReason({ errno, code, name }) {
  const words = errno === void 0 ? void 0 : getSystemErrorMap().get(errno)?.[1];
  return words === void 0 ? code ?? name : `${words} (${code})`;
}
var MAX_REPEATED = 40;
function repeated(text) {
  const characters = [...text];
  return printable(characters.slice(0, MAX_REPEATED).join("")) + (characters.length > MAX_REPEATED ? "\u2026" : "");
}
function printable(text) {
  return [...text].map((each) => /[\p{C}\p{Zl}\p{Zp}]/u.test(each) ? `\\u{${each.codePointAt(0).toString(16)}}` : each).join("");
}

// npm/generated/options.ts
var OPTIONS = {
  cognitoIdentityPoolId: { input: "cognito-identity-pool-id", of: "connection", older: "identityPoolId" },
  cognitoRoleArn: { input: "cognito-role-arn", of: "connection", older: "roleArn" },
  values: { input: "values", of: "values" },
  secrets: { input: "secrets", of: "values" },
  namespace: { input: "namespace", of: "values" },
  githubEnterpriseName: { input: "github-enterprise-name", of: "connection" },
  oidcIssuer: { input: "oidc-issuer", of: "connection" },
  audience: { input: "audience", of: "connection" },
  githubToken: { input: "github-token", of: "connection" },
  awsAccountId: { input: "aws-account-id", of: "connection" },
  awsRegion: { input: "aws-region", of: "connection" },
  cognitoAccountId: { input: "cognito-account-id", of: "connection" },
  cognitoRegion: { input: "cognito-region", of: "connection" },
  secretsManagerAccountId: { input: "secrets-manager-account-id", of: "values" },
  secretsManagerRegion: { input: "secrets-manager-region", of: "values" },
  identity: { input: "identity", of: "connection" },
  tokenExchangeUrl: { input: "token-exchange-url", of: "connection" },
  chainRoleArn: { input: "chain-role-arn", of: "session" },
  chainSessionTags: { input: "chain-session-tags", of: "session" },
  chainTransitiveTagKeys: { input: "chain-transitive-tag-keys", of: "session" },
  roleSessionName: { input: "role-session-name", of: "connection" },
  roleDurationSeconds: { input: "role-duration-seconds", of: "session", kind: "number" },
  environmentStore: { input: "environment-store", of: "values" },
  minMaskLength: { input: "min-mask-length", of: "values", kind: "number" },
  timeoutSeconds: { input: "timeout-seconds", of: "connection", kind: "number" },
  vaultUrl: { input: "vault-url", of: "values" },
  vaultRole: { input: "vault-role", of: "values" },
  vaultAuthPath: { input: "vault-auth-path", of: "values" },
  vaultNamespace: { input: "vault-namespace", of: "values" },
  vaultAudience: { input: "vault-audience", of: "values" },
  vaultCaCertificate: { input: "vault-ca-certificate", of: "values" },
  vaultSecrets: { input: "vault-secrets", of: "values" },
  repository: { input: "repository", of: "values", isClaim: true },
  environment: { input: "environment", of: "values", isClaim: true }
};

// npm/options.ts
var ROWS = Object.entries(OPTIONS);
var CURRENT = new Map(ROWS.flatMap(([name, { older }]) => older ? [[older, name]] : []));
var OPTION_NAMES = ROWS.map(([name]) => name);
var OF_CREDENTIALS = ROWS.filter(([, { of }]) => of !== "values").map(([name]) => name);
var NUMBERS = ROWS.filter(([, { kind }]) => kind === "number").map(([name]) => name);
function currentName(name) {
  return CURRENT.get(name) ?? name;
}
function byCurrentNames(options) {
  const current = /* @__PURE__ */ new Map();
  const contradicting = [];
  const isGiven = (value) => value !== void 0 && value !== "";
  const isOlder = ([name]) => CURRENT.has(name);
  const entries = Object.entries(options);
  for (const [name, value] of [...entries.filter((entry) => !isOlder(entry)), ...entries.filter(isOlder)]) {
    const known = current.get(currentName(name));
    if (CURRENT.has(name) && isGiven(known)) {
      if (isGiven(value) && value !== known) contradicting.push(name);
    } else {
      current.set(currentName(name), value);
    }
  }
  return { options: Object.fromEntries(current), contradicting };
}
function asCoreTakesThem(options) {
  const inputs = {};
  const claims = {};
  for (const [name, { input, isClaim }] of ROWS) {
    const text = options[name];
    if (text) (isClaim ? claims : inputs)[input] = text;
  }
  return { inputs, claims };
}
function optionOf(flag) {
  return flag.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}
function flagOf(option) {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

// host/load.ts
import { readFileSync } from "node:fs";

// target/wasm-bindgen/env_kvstore_bg.js
function createGlue() {
  function environmentVariables() {
    const ret = wasm.environmentVariables();
    var v1 = getArrayJsValueFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v1;
  }
  function inputNames() {
    const ret = wasm.inputNames();
    var v1 = getArrayJsValueFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v1;
  }
  function mergeProfile(text, is_config, name, settings, overwrite) {
    let deferred7_0;
    let deferred7_1;
    try {
      const val4 = +is_config;
      const val5 = +overwrite;
      let ptr0, len0, ptr1, len1, ptr2, len2;
      try {
        ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len1 = WASM_VECTOR_LEN;
        ptr2 = passArrayJsValueToWasm0(settings, wasm.__wbindgen_malloc);
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
      const ret = wasm.mergeProfile(ptr0, len0, val4, ptr1, len1, ptr2, len2, val5);
      var ptr6 = ret[0];
      var len6 = ret[1];
      if (ret[3]) {
        ptr6 = 0;
        len6 = 0;
        throw takeFromExternrefTable0(ret[2]);
      }
      deferred7_0 = ptr6;
      deferred7_1 = len6;
      return getStringFromWasm0(ptr6, len6);
    } finally {
      wasm.__wbindgen_free(deferred7_0, deferred7_1, 1);
    }
  }
  function run2(raw, host, spelling) {
    var ptr0 = isLikeNone(spelling) ? 0 : passStringToWasm0(spelling, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    var len0 = WASM_VECTOR_LEN;
    const ret = wasm.run(raw, host, ptr0, len0);
    return ret;
  }
  function __wbg_Error_208446807d0d1e30(arg0, arg1) {
    const ret = Error(getStringFromWasm0(arg0, arg1));
    return ret;
  }
  function __wbg_Number_ff192a72a0dcdf6d(arg0) {
    const ret = Number(arg0);
    return ret;
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
  function __wbg_encryptToAge_6b75587d41dd30b7() {
    return handleError(function(arg0, arg1, arg2, arg3, arg4) {
      const ret = arg0.encryptToAge(getStringFromWasm0(arg1, arg2), getStringFromWasm0(arg3, arg4));
      return ret;
    }, arguments);
  }
  function __wbg_entries_7bb1459bd9b5c2b9(arg0) {
    const ret = Object.entries(arg0);
    return ret;
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
  function __wbg_trust_dc53eae7f3cf2918() {
    return handleError(function(arg0, arg1, arg2, arg3, arg4) {
      arg0.trust(getStringFromWasm0(arg1, arg2), getStringFromWasm0(arg3, arg4));
    }, arguments);
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
  function __wbindgen_generic_0000000000000003(arg0, arg1) {
    const ret = getStringFromWasm0(arg0, arg1);
    return ret;
  }
  function __wbindgen_generic_0000000000000004(arg0) {
    const ret = BigInt.asUintN(64, arg0);
    return ret;
  }
  function __wbindgen_init_externref_table() {
    const table = wasm.__wbindgen_externrefs;
    table.set(0, void 0);
    table.set(1024, void 0);
    table.set(1025, null);
    table.set(1026, true);
    table.set(1027, false);
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
  function handleError(f, args) {
    try {
      return f.apply(this, args);
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
    const real = (...args) => {
      state.cnt++;
      const a = state.a;
      state.a = 0;
      try {
        return f(a, state.b, ...args);
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
  return { environmentVariables, inputNames, mergeProfile, run: run2, __wbg_Error_208446807d0d1e30, __wbg_Number_ff192a72a0dcdf6d, __wbg___wbindgen_boolean_get_4f1baf9a00be3c74, __wbg___wbindgen_in_3f58a9d3b3a7eed2, __wbg___wbindgen_is_function_741ff2bb612836f5, __wbg___wbindgen_is_object_8b968c3ab8e96595, __wbg___wbindgen_is_string_fc456fee5d3317de, __wbg___wbindgen_is_undefined_be5b34249ff1fc15, __wbg___wbindgen_jsval_loose_eq_b2f214e2e4b30e36, __wbg___wbindgen_number_get_934b640d0889af78, __wbg___wbindgen_string_get_7ce8eee7fd327545, __wbg___wbindgen_throw_4c88d8bf264fd984, __wbg__wbg_cb_unref_09736879a3f67559, __wbg_allSent_0b16e244e202d416, __wbg_call_40b008ba32f73991, __wbg_call_a410eb4b59ed5965, __wbg_connectEarly_18b44761cabbceaa, __wbg_done_57e08d0be6e30c02, __wbg_encryptToAge_6b75587d41dd30b7, __wbg_entries_7bb1459bd9b5c2b9, __wbg_getRandomValues_8b6f1f663e6f188d, __wbg_get_2080c49015e35254, __wbg_get_635eea311fa1a291, __wbg_get_d7176cfb76d71114, __wbg_get_unchecked_e6325ad374eff861, __wbg_get_with_ref_key_fc601247060b7204, __wbg_githubToken_4c5649c3cf9c672a, __wbg_instanceof_ArrayBuffer_12cdaa4161423e6b, __wbg_instanceof_Uint8Array_d7aeb0dcb3108fea, __wbg_isArray_bcf1376d0d732d08, __wbg_isSafeInteger_1a35ba4d31e71d38, __wbg_iterator_e4c5e8f68ada7b58, __wbg_length_186163212ffe79c3, __wbg_length_b03a0fabb109b1e9, __wbg_log_663af3f8371009da, __wbg_monotonicMs_bdea858cf4969721, __wbg_new_13de428334042d26, __wbg_new_37eb45aaf5eeb820, __wbg_new_cd4348290afae586, __wbg_new_typed_e09da9dae6ee5935, __wbg_next_178c1651c11432b3, __wbg_next_af5ac6a08bb0a717, __wbg_nowMs_3fe27dea00504b08, __wbg_prototypesetcall_13162965d1fe7aa3, __wbg_queueMicrotask_1e8503a8a690f0a3, __wbg_queueMicrotask_4a1a4d8dd332373b, __wbg_resolve_dbf78ab4942478b0, __wbg_send_91201c16cfb30503, __wbg_set_d2d33b52458e984a, __wbg_set_e4b9a833d288759a, __wbg_sleep_278d35963bf40530, __wbg_static_accessor_GLOBAL_THIS_003ee833af9699fc, __wbg_static_accessor_GLOBAL_e4293fb22cbe77da, __wbg_static_accessor_SELF_53bb20457401453d, __wbg_static_accessor_WINDOW_b5e0810bfecb7feb, __wbg_then_656f253a5dd7d8ea, __wbg_then_e3f7f2d365708be8, __wbg_trust_dc53eae7f3cf2918, __wbg_value_e0f328965e184931, __wbg_verifyRs256_f3722c9f0b83da05, __wbindgen_generic_0000000000000001, __wbindgen_generic_0000000000000002, __wbindgen_generic_0000000000000003, __wbindgen_generic_0000000000000004, __wbindgen_init_externref_table, __wbg_set_wasm };
}

// host/load.ts
async function loadCore(wasm, onTrap) {
  const glue = createGlue();
  const imports = onTrap ? withCaughtTraps(glue, onTrap) : glue;
  const { instance: instance2 } = await WebAssembly.instantiate(readFileSync(wasm), {
    "./env_kvstore_bg.js": imports
  });
  glue.__wbg_set_wasm(instance2.exports);
  instance2.exports["__wbindgen_start"]();
  return glue;
}
function withCaughtTraps(glue, onTrap) {
  const inert = new Proxy({}, { get: () => () => [] });
  const caught = (task) => () => {
    try {
      task();
    } catch (reason) {
      glue["__wbg_set_wasm"](inert);
      onTrap(reason);
    }
  };
  const wrapped = Object.entries(glue).filter(([name]) => name.startsWith("__wbg_queueMicrotask_"));
  const wrapper = (original) => (argument) => typeof argument === "function" ? queueMicrotask(caught(argument)) : original(argument);
  return { ...glue, ...Object.fromEntries(wrapped.map(([name, original]) => [name, wrapper(original)])) };
}
async function compileEachFunctionOnce() {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--wasm-tiering-budget=1000000000 --no-wasm-inlining --wasm-lazy-validation");
  setFlagsFromString("--no-sparkplug --no-maglev --no-opt --no-parallel-scavenge");
}

// npm/run.ts
import { setMaxListeners as setMaxListeners2 } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

// host/node-host.ts
import { constants, createPublicKey, verify } from "node:crypto";
function nodeHost(transport) {
  return {
    send: (request, timeoutMs) => transport.send(request, timeoutMs),
    // After what is sent in this turn of the event loop: that is what somebody waits for.
    connectEarly: (origin, connections) => void setImmediate(() => transport.connectEarly(origin, connections)),
    trust: (origin, pem) => transport.trust(origin, pem),
    allSent: () => transport.allSent(),
    sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
    verifyRs256,
    nowMs: () => Date.now(),
    // `performance` would do, were it not for the 5 ms that Node takes to load it.
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6
  };
}
function verifyRs256(modulus, exponent, message, signature) {
  const key = createPublicKey({ key: { kty: "RSA", n: base64url(modulus), e: base64url(exponent) }, format: "jwk" });
  return verify("RSA-SHA256", message, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
}
function base64url(bytes) {
  return Buffer.from(bytes).toString("base64url");
}
function awsEnvironment(core) {
  const set = core.environmentVariables().filter((name) => process.env[name] !== void 0);
  return Object.fromEntries(set.map((name) => [name, process.env[name] ?? ""]));
}

// host/token-endpoint.ts
var LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;
function isEndpoint(url) {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || protocol === "http:" && LOOPBACK.test(hostname);
}
function unsafeEndpoint(variable) {
  const url = process.env[variable];
  if (!url || isEndpoint(url)) return void 0;
  const message = `${variable} is not an https URL: a token sent there could be intercepted`;
  return { code: "invalid-input", message, hint: "Correct the variable. No token was sent." };
}

// host/transport.ts
import { request as requestByHttp } from "node:http";
import { request as requestByHttps } from "node:https";

// host/agents.ts
import { X509Certificate } from "node:crypto";
import { setMaxListeners } from "node:events";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";

// host/certificates.ts
import { readFileSync as readFileSync2 } from "node:fs";
import { rootCertificates } from "node:tls";
function trustedAuthorities() {
  const bundle = process.env["AWS_CA_BUNDLE"];
  if (!bundle) {
    return {};
  }
  const extra = read(process.env["NODE_EXTRA_CA_CERTS"]);
  const named = read(bundle);
  if (named === void 0) {
    throw {
      code: "invalid-input",
      message: "AWS_CA_BUNDLE: the file cannot be read",
      hint: "Correct the path, or unset the variable. Nothing was sent or written."
    };
  }
  return { ca: [...rootCertificates, named, ...extra === void 0 ? [] : [extra]] };
}
function read(path) {
  try {
    return path ? readFileSync2(path, "utf8") : void 0;
  } catch {
    return void 0;
  }
}

// host/proxy.ts
import net from "node:net";
var PROXY_VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
var NO_PROXY_VARIABLES = ["no_proxy", "NO_PROXY"];
function proxyRules(environment) {
  const bypasses = bypassRules(first(environment, NO_PROXY_VARIABLES)?.text ?? "");
  const named = first(environment, PROXY_VARIABLES);
  if (named === void 0 || bypasses === "everything") {
    return () => void 0;
  }
  const proxy = parse(named);
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
    return isThisMachine(host) || bypasses(host, url.port || "443") ? void 0 : proxy;
  };
}
function first(environment, names) {
  const set = names.map((name) => ({ name, text: environment[name]?.trim() ?? "" }));
  return set.find(({ text }) => text !== "");
}
function parse({ name, text }) {
  const whole = text.includes("://") ? text : `http://${text}`;
  if (!URL.canParse(whole)) {
    throw wrong(name, "is not the URL of a proxy");
  }
  const { protocol, hostname, port, username, password } = new URL(whole);
  if (protocol.startsWith("socks")) {
    throw wrong(name, "names a SOCKS proxy, which cannot be used");
  }
  if (!["http:", "https:"].includes(protocol) || hostname === "") {
    throw wrong(name, "is not an http:// or https:// URL");
  }
  if (![username, password].every(isPercentEncoded)) {
    throw wrong(name, "has a user or password with a `%` that does not begin a percent-encoded character (`%25` is the sign itself)");
  }
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port, username, password };
}
function isPercentEncoded(text) {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
function wrong(name, problem) {
  return {
    code: "invalid-input",
    message: `${name}: ${problem}`,
    hint: "Set `HTTPS_PROXY` to http://HOST:PORT or https://HOST:PORT, or `NO_PROXY` to `*` to connect directly. Nothing was sent."
  };
}
function isThisMachine(host) {
  return host === "localhost" || (net.isIPv4(host) ? host.startsWith("127.") : host === "::1");
}
function bypassRules(list) {
  const entries = list.toLowerCase().split(/[\s,]+/).filter((entry) => entry !== "");
  if (entries.includes("*")) {
    return "everything";
  }
  const rules = entries.map(rule);
  return (host, port) => rules.some((matches) => matches(host, port));
}
function rule(entry) {
  const [, bracketed, name = "", wanted] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [, void 0, entry];
  const target = bracketed ?? name;
  const [address = "", prefix] = target.split("/");
  const isPort = (port) => wanted === void 0 || Number(wanted) === Number(port);
  if (net.isIP(address)) {
    const addresses = blockOf(address, prefix);
    return (host, port) => isPort(port) && net.isIP(host) !== 0 && addresses.check(host, family(host));
  }
  const domain = target.replace(/^\*?\./, "").replace(/\.$/, "");
  return (host, port) => domain !== "" && isPort(port) && net.isIP(host) === 0 && (host === domain || host.endsWith(`.${domain}`));
}
function blockOf(address, prefix) {
  const block = new net.BlockList();
  const bits = Number(prefix);
  if (prefix === void 0) {
    block.addAddress(address, family(address));
  } else if (/^\d{1,3}$/.test(prefix) && bits <= (net.isIPv4(address) ? 32 : 128)) {
    block.addSubnet(address, bits, family(address));
  }
  return block;
}
function family(address) {
  return net.isIPv4(address) ? "ipv4" : "ipv6";
}

// host/agents.ts
var MAX_SOCKETS = 8;
var autoSelectFamilyAttemptTimeout = 1e3;
function createAgents() {
  const agents = /* @__PURE__ */ new Map();
  let isEnding = false;
  let proxyRequests;
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, autoSelectFamilyAttemptTimeout };
  const authorities = trustedAuthorities();
  const proxyFor = proxyRules(process.env);
  let secureContext;
  const contexts = /* @__PURE__ */ new Map();
  const secureOptions = (context = secureContext ??= createSecureContext(authorities)) => ({
    // Or else NODE_TLS_REJECT_UNAUTHORIZED=0 would hand tokens to whoever is in between.
    rejectUnauthorized: true,
    secureContext: context
  });
  const agentFor = (url) => {
    const proxy = url.protocol === "https:" ? proxyFor(url) : void 0;
    const context = contexts.get(url.origin);
    const way = `${url.protocol} ${proxy ? "by proxy" : ""} ${context ? url.origin : ""}`;
    const agent = agents.get(way) ?? create(url.protocol, proxy, context);
    agents.set(way, agent);
    return agent;
  };
  const create = async (protocol, proxy, context) => {
    if (protocol === "http:") {
      return new HttpAgent(options);
    }
    if (proxy === void 0) {
      return withEarlyConnections(new HttpsAgent({ ...options, ...secureOptions(context) }), () => isEnding);
    }
    const { HttpsProxyAgent } = await import("../hpagent.js");
    const { signal } = proxyRequests ??= new AbortController();
    if (isEnding) proxyRequests.abort();
    setMaxListeners(0, signal);
    const proxyRequestOptions = { ...secureOptions(), autoSelectFamilyAttemptTimeout, signal };
    const tunnelled = { ...options, ...secureOptions(context), proxy, proxyRequestOptions };
    return withEarlyConnections(new HttpsProxyAgent(tunnelled), () => isEnding);
  };
  return {
    agentFor,
    async connectEarly(url, connections) {
      const agent = await agentFor(url);
      if (!isEnding) {
        early.get(agent)?.open(url, connections);
      }
    },
    trust(origin, pem) {
      new X509Certificate(pem);
      contexts.set(new URL(origin).origin, createSecureContext({ ca: pem }));
    },
    destroy() {
      isEnding = true;
      proxyRequests?.abort();
      agents.forEach(
        (agent) => agent.then(
          (ready) => {
            early.get(ready)?.destroy();
            ready.destroy();
          },
          () => {
          }
        )
      );
    }
  };
}
var early = /* @__PURE__ */ new WeakMap();
function withEarlyConnections(agent, isEnding) {
  const waiting = /* @__PURE__ */ new Map();
  const opened = /* @__PURE__ */ new Map();
  const sessions = /* @__PURE__ */ new Map();
  const create = agent.createConnection.bind(agent);
  const connect = (key, options) => new Promise((resolve, reject) => {
    const session = sessions.get(key);
    const socket = create({ ...options, session }, (error, made) => error ? reject(error) : resolve(made));
    if (socket) {
      resolve(socket);
    }
  }).then((socket) => sessions.has(key) ? socket : socket.once("session", (session) => sessions.set(key, session)));
  early.set(agent, {
    open(url, connections) {
      const port = Number(url.port || 443);
      const key = `${url.hostname}:${port}`;
      const unused = waiting.get(key) ?? [];
      waiting.set(key, unused);
      while (unused.length + (opened.get(key) ?? 0) < Math.min(connections, MAX_SOCKETS)) {
        const options = { ...agent.options, host: url.hostname, port, servername: servername(url.hostname) };
        const connection = connect(key, options);
        connection.then((socket) => socket.on("error", () => {
        })).catch(() => {
        });
        unused.push(connection);
      }
    },
    destroy: () => [...waiting.values()].flat().forEach((connection) => connection.then((socket) => socket.destroy(), () => {
    }))
  });
  agent.createConnection = ((options, callback) => {
    const key = `${options.host}:${options.port}`;
    const fresh = () => {
      opened.set(key, (opened.get(key) ?? 0) + 1);
      return connect(key, options);
    };
    const unused = waiting.get(key)?.shift();
    const usable = unused?.then((socket) => socket.destroyed ? fresh() : socket, fresh) ?? fresh();
    usable.then(
      (socket) => {
        if (isEnding()) socket.destroy();
        callback(null, socket);
      },
      (error) => callback(error, void 0)
    );
  });
  return agent;
}
function servername(hostname) {
  return isIP(hostname.replace(/^\[|\]$/g, "")) ? "" : hostname;
}

// host/transport.ts
var HostError = class extends Error {
  code;
  constructor(code) {
    super(code);
    this.code = code;
  }
};
function createTransport() {
  const agents = createAgents();
  const underWay = /* @__PURE__ */ new Set();
  const outbox = createOutbox();
  let closed = false;
  return {
    async send(request, timeoutMs) {
      const left = outbox.add();
      try {
        const url = new URL(request.url);
        const agent = await agents.agentFor(url);
        if (closed) {
          throw new HostError("closed");
        }
        return await exchange(url, request, agent, timeoutMs, underWay, left);
      } finally {
        left();
      }
    },
    // What goes wrong here goes wrong again, and is reported, when a request takes the same way.
    connectEarly: (origin, connections) => void agents.connectEarly(new URL(origin), connections).catch(() => {
    }),
    trust: agents.trust,
    allSent: () => outbox.empty(),
    close() {
      closed = true;
      underWay.forEach((fail) => fail(new HostError("closed")));
      agents.destroy();
    }
  };
}
function createOutbox() {
  let unsent = 0;
  let waiting = [];
  const emptied = () => {
    const resolved = waiting;
    waiting = [];
    resolved.forEach((resolve) => resolve());
  };
  return {
    /** Says, when it is called first, that a request has left or failed. */
    add() {
      let isUnsent = true;
      unsent += 1;
      return () => {
        unsent -= isUnsent ? 1 : 0;
        isUnsent = false;
        if (unsent === 0) emptied();
      };
    },
    empty: () => new Promise((resolve) => unsent === 0 ? resolve() : void waiting.push(resolve))
  };
}
function exchange(url, request, agent, timeoutMs, underWay, left) {
  const open = url.protocol === "https:" ? requestByHttps : requestByHttp;
  return new Promise((resolve, reject) => {
    const options = { method: request.method, headers: Object.fromEntries(request.headers), agent };
    const outgoing = open(url, options, (incoming) => {
      const chunks = [];
      let length = 0;
      incoming.on("data", (chunk) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length > request.maxBodyBytes) {
          fail(new HostError("too-large"));
        }
      });
      incoming.on("error", (error) => fail(coded(error)));
      incoming.on("end", () => {
        const headers = [];
        for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
          headers.push([incoming.rawHeaders[i].toLowerCase(), incoming.rawHeaders[i + 1]]);
        }
        over();
        resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
      });
    });
    const fail = (error) => {
      over();
      reject(error);
      outgoing.destroy();
    };
    const over = () => {
      clearTimeout(timer);
      underWay.delete(fail);
    };
    underWay.add(fail);
    const timer = setTimeout(() => fail(new HostError("timed-out")), timeoutMs);
    outgoing.on("error", (error) => fail(coded(error)));
    outgoing.on("finish", left);
    outgoing.end(request.body);
  });
}
function coded(error) {
  const refused = /^Bad response: (\d{3})$/.exec(error.message)?.[1];
  return new HostError(refused ? `proxy:${refused}` : error.code ?? "unknown");
}

// npm/github-token.ts
var GITHUB = {
  url: "ACTIONS_ID_TOKEN_REQUEST_URL",
  token: "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
};
async function requestGithubToken(transport, variables, audience, timeoutMs, maxBodyBytes) {
  const url = process.env[variables.url];
  const bearer = process.env[variables.token];
  if (!url || !bearer) {
    throw new HostError("no-token-endpoint");
  }
  const headers = [
    ["accept", "application/json"],
    ["authorization", `Bearer ${bearer}`]
  ];
  const asked = `${url}${url.includes("?") ? "&" : "?"}audience=${encodeURIComponent(audience)}`;
  const response = await transport.send({ method: "GET", url: asked, headers, body: "", maxBodyBytes }, timeoutMs);
  if (response.status !== 200) {
    throw new HostError(`status:${response.status}`);
  }
  const token = tokenIn(response.body);
  if (!token) {
    throw new HostError("no-token");
  }
  return token;
}
function tokenIn(body) {
  try {
    const { value } = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "string" ? value : void 0;
  } catch {
    return void 0;
  }
}

// npm/run.ts
function instanceOf(url, load) {
  let loading;
  const instantiate = async () => {
    const trap = new AbortController();
    try {
      const wasm = await load(url, (reason) => {
        loading = void 0;
        trap.abort(reason);
      });
      return { wasm, trapped: trap.signal };
    } catch (reason) {
      loading = void 0;
      throw new EnvKvstoreError({
        code: "internal-error",
        message: `${url.pathname.split("/").at(-1)} cannot be loaded: ${systemReason(reason)}`,
        hint: "Install env-kvstore anew. A bundler must leave it out of the bundle: it reads files of its own folder."
      });
    }
  };
  return () => loading ??= instantiate();
}
var instance = instanceOf(new URL("../env_kvstore_bg.wasm", import.meta.url), loadCore);
async function run(goal, settings) {
  settings.signal?.throwIfAborted();
  const { wasm: core, trapped } = await instance();
  const raw = rawInputs(goal, settings, core);
  return withHost(settings, trapped, (host) => core.run(raw, host, settings.spelling));
}
function rawInputs(goal, { options, masked = false, environment = {} }, wasm) {
  const variables = { ...awsEnvironment(wasm), ...environment };
  const set = Object.entries(variables).filter((entry) => entry[1] !== void 0);
  return { goal, ...asCoreTakesThem(options), environment: Object.fromEntries(set), unmasked: !masked };
}
async function withHost(settings, trapped, use) {
  const { log, tokenVariables = GITHUB, signal } = settings;
  signal?.throwIfAborted();
  const over = new AbortController();
  setMaxListeners2(0, over.signal);
  const aborted = whenAborted(signal, trapped);
  let transport;
  let unsafe;
  try {
    const connection = transport = createTransport();
    const host = {
      ...nodeHost(connection),
      // A run that has ended is not to wait any more: it finds every way closed, and gives up.
      sleep: (durationMs) => sleep(durationMs, void 0, { signal: over.signal }).catch(() => {
      }),
      githubToken(...rest) {
        const problem = unsafeEndpoint(tokenVariables.url);
        unsafe = problem && new EnvKvstoreError(problem);
        if (unsafe) throw new HostError("no-token-endpoint");
        return requestGithubToken(connection, tokenVariables, ...rest);
      },
      log: (...entry) => over.signal.aborted || log(...entry)
    };
    return await Promise.race([aborted.promise, use(host)]);
  } catch (reason) {
    signal?.throwIfAborted();
    throw unsafe ?? asError(reason);
  } finally {
    aborted.forget();
    over.abort();
    transport?.close();
  }
}
function whenAborted(...signals) {
  let abort = (_signal) => {
  };
  const promise = new Promise((_resolve, reject) => abort = (signal) => reject(signal.reason));
  promise.catch(() => {
  });
  const forgets = signals.map((signal) => signal ? onAbort(signal, () => abort(signal)) : () => {
  });
  return { promise, forget: () => forgets.forEach((forget) => forget()) };
}
var listeners = /* @__PURE__ */ new WeakMap();
function onAbort(signal, listener) {
  if (signal.aborted) listener();
  const known = listeners.get(signal);
  const ofSignal = known ?? /* @__PURE__ */ new Set();
  if (!known) {
    listeners.set(signal, ofSignal);
    signal.addEventListener("abort", () => ofSignal.forEach((listener2) => listener2()), { once: true });
  }
  ofSignal.add(listener);
  return () => ofSignal.delete(listener);
}

// host/mask-commands.ts
function maskCommands(masks) {
  if (masks === "") return "";
  const escaped = masks.replaceAll("%", "%25").replaceAll("\r", "%0D");
  return `::add-mask::${escaped.replaceAll("\n", "\n::add-mask::")}
`;
}

// npm/masks.ts
function writeMasks(stream, masks) {
  return written(stream, masks === "" ? "" : `
${maskCommands(masks)}`);
}
function written(stream, text) {
  return new Promise((resolve, reject) => {
    const settle = (error) => {
      if (!error) return resolve();
      const [message, hint] = [`the output cannot be written: ${systemReason(error)}`, "Check where the output goes."];
      reject(new EnvKvstoreError({ code: "file-failed", message, hint }));
    };
    stream.once("error", settle);
    stream.write(text, (error) => {
      if (!error) stream.off("error", settle);
      settle(error);
    });
  });
}

export {
  getRandomValues,
  EnvKvstoreError,
  asError,
  wrongOptions,
  systemReason,
  repeated,
  printable,
  OPTION_NAMES,
  OF_CREDENTIALS,
  NUMBERS,
  currentName,
  byCurrentNames,
  optionOf,
  flagOf,
  withCaughtTraps,
  compileEachFunctionOnce,
  isEndpoint,
  createAgents,
  GITHUB,
  instanceOf,
  run,
  rawInputs,
  withHost,
  writeMasks,
  written
};
