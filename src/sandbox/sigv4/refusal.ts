/** A service's refusal of a request, before it takes the shape that this service's clients read. */
export interface AwsRefusal {
  ok: false;
  status: number;
  code: string;
  message: string;
  /** Further elements of an S3 error document, such as `Region`. */
  details?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
}

/** A refusal on its way up to the handler that renders it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: AwsRefusal;

  constructor(
    status: number,
    code: string,
    message: string,
    details?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>
  ) {
    super(message);
    this.refusal = { ok: false, status, code, message, details, headers };
  }

  static of(refusal: AwsRefusal): RefusedError {
    const { status, code, message, details, headers } = refusal;
    return new RefusedError(status, code, message, details, headers);
  }
}

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;'
};

export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/g, character => XML_ESCAPES[character] ?? character);
}

/** The error document of S3 (Amazon S3 API Reference, "Error responses"). */
export function renderS3Refusal(
  refusal: AwsRefusal,
  context: { requestId: string; resource?: string; hasBody?: boolean }
): Response {
  const elements = Object.entries({
    Code: refusal.code,
    Message: refusal.message,
    ...(context.resource === undefined ? {} : { Resource: context.resource }),
    ...refusal.details,
    RequestId: context.requestId,
    HostId: 'sandbox'
  })
    .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
    .join('');
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${elements}</Error>`;
  const bodiless = context.hasBody === false || refusal.status === 304;
  return new Response(bodiless ? null : body, {
    status: refusal.status,
    headers: {
      ...(bodiless ? {} : { 'content-type': 'application/xml' }),
      'x-amz-request-id': context.requestId,
      ...refusal.headers
    }
  });
}

/** The error of the REST-JSON services, Bedrock among them. */
export function renderJsonRefusal(refusal: AwsRefusal, context: { requestId: string }): Response {
  return new Response(JSON.stringify({ message: refusal.message }), {
    status: refusal.status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': refusal.code,
      'x-amzn-requestid': context.requestId,
      ...refusal.headers
    }
  });
}

const QUERY_NAMESPACES = {
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/'
};

/** The error document of the services that speak the query protocol. */
export function renderQueryRefusal(
  refusal: AwsRefusal,
  context: { requestId: string; service: 'iam' | 'sts' }
): Response {
  const type = refusal.status >= 500 ? 'Receiver' : 'Sender';
  const body =
    `<ErrorResponse xmlns="${QUERY_NAMESPACES[context.service]}"><Error><Type>${type}</Type>` +
    `<Code>${escapeXml(refusal.code)}</Code><Message>${escapeXml(refusal.message)}</Message>` +
    `</Error><RequestId>${context.requestId}</RequestId></ErrorResponse>`;
  return new Response(body, {
    status: refusal.status,
    headers: {
      'content-type': 'text/xml',
      'x-amzn-requestid': context.requestId,
      ...refusal.headers
    }
  });
}
