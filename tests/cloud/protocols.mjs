// How the services read requests and write answers and errors. A service throws `AwsError`; its protocol renders it.
//
// awsJson:  https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
// awsQuery: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
// restXml:  https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html

/** An error as a service states it: a code that clients act on, a message that people read. */
export class AwsError extends Error {
  constructor(code, message, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {string | Buffer} body
 *
 * @typedef {object} Protocol
 * @property {string} contentType
 * @property {(body: string) => Record<string, any>} parse
 * @property {(operation: string, result: object, requestId: string) => Answer} render
 * @property {(error: AwsError, requestId: string) => Answer} renderError
 */

/**
 * JSON 1.1, of Cognito, Secrets Manager and Parameter Store. They disagree on the case of an error's `message`.
 * @param {'message' | 'Message'} messageField
 * @returns {Protocol}
 */
export function awsJson(messageField) {
  const contentType = 'application/x-amz-json-1.1';
  const answer = (status, value, requestId) => ({
    status,
    headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
    body: JSON.stringify(value),
  });
  return {
    contentType,
    parse: parseJsonObject,
    render: (_operation, result, requestId) => answer(200, result, requestId),
    renderError: (error, requestId) =>
      answer(error.status, { __type: error.code, [messageField]: error.message }, requestId),
  };
}

export const stsQuery = awsQuery('https://sts.amazonaws.com/doc/2011-06-15/');
export const iamQuery = awsQuery('https://iam.amazonaws.com/doc/2010-05-08/');

/** Form in, XML out. */
function awsQuery(namespace) {
  return {
    contentType: 'text/xml',
    parse: (body) => Object.fromEntries(new URLSearchParams(body)),
    render(operation, result, requestId) {
      const content = { [`${operation}Result`]: result, ResponseMetadata: { RequestId: requestId } };
      return xmlAnswer(200, `${operation}Response`, namespace, content, requestId);
    },
    renderError(error, requestId) {
      const fault = { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message };
      return xmlAnswer(error.status, 'ErrorResponse', namespace, { Error: fault, RequestId: requestId }, requestId);
    },
  };
}

/** S3's own: what is asked for is in the request line and the headers; an answer has headers, and a body or a document. */
export const s3Xml = {
  contentType: 'application/xml',
  parse: () => ({}),
  render(_operation, { headers, body = '', xml }, requestId) {
    const ofXml = xml && { 'content-type': 'application/xml' };
    return {
      status: 200,
      headers: { 'x-amz-request-id': requestId, ...ofXml, ...headers },
      body: xml ? xmlDocument(xml, 'http://s3.amazonaws.com/doc/2006-03-01/') : body,
    };
  },
  renderError: ({ status, code, message }, requestId) => ({
    status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
    body: xmlDocument({ Error: { Code: code, Message: message, RequestId: requestId } }),
  }),
};

/** A list is its element, repeated. */
function xmlDocument(content, namespace) {
  const [[root, members]] = Object.entries(content);
  const flat = Object.entries(members).flatMap(([name, value]) => [value].flat().map((one) => xmlElements({ [name]: one }, '  ')));
  const attribute = namespace ? ` xmlns="${namespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>\n${flat.join('')}</${root}>\n`;
}

/** GitHub's own endpoints: plain JSON. */
export const githubJson = {
  contentType: 'application/json; charset=utf-8',
  parse: () => ({}),
  render: (_operation, result) => githubAnswer(200, result),
  renderError: (error) => githubAnswer(error.status, { message: error.message, typeKey: error.code }),
};

function parseJsonObject(body) {
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    throw new AwsError('SerializationException', 'Could not parse request body as JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new AwsError('SerializationException', 'Start of structure or map found where not expected');
  }
  return value;
}

function xmlAnswer(status, root, namespace, content, requestId) {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<${root} xmlns="${namespace}">\n${xmlElements(content, '  ')}</${root}>\n`,
  };
}

function xmlElements(content, indent) {
  return Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      if (Array.isArray(value)) {
        const list = value.map((member) => xmlElements({ member }, `${indent}  `)).join('');
        return `${indent}<${name}>\n${list}${indent}</${name}>\n`;
      }
      const nested = typeof value === 'object';
      const inner = nested ? `\n${xmlElements(value, `${indent}  `)}${indent}` : xmlText(value);
      return `${indent}<${name}>${inner}</${name}>\n`;
    })
    .join('');
}

function xmlText(value) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return String(value).replace(/[&<>"]/g, (character) => entities[character]);
}

function githubAnswer(status, value) {
  return { status, headers: { 'content-type': githubJson.contentType }, body: JSON.stringify(value) };
}
