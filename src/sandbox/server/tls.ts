// The x509 library needs it, and must be loaded after it.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator
} from '@peculiar/x509';
import { randomBytes, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readJsonFile, writeFileAtomically } from '../state';
import type { EnvironmentVariables } from './printedEnvironment';

export interface TlsFiles {
  /** PEM of the server's certificate. */
  certificate: string;
  /** PEM of its private key. */
  key: string;
  /** The sandbox's certificate authority alone, for variables that add to the trusted roots. */
  caFile: string;
  /** The same and the roots trusted before, for variables that replace them. */
  bundleFile: string;
}

interface KeptTls {
  certificate: string;
  key: string;
  ca: string;
  notAfter: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const VALID_DAYS = 365;

/** Where Linux distributions and macOS keep the trusted roots, most common first. */
const SYSTEM_ROOTS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem'
];

/**
 * Opens the certificate authority and the server certificate in the data folder, or makes them. The
 * authority's own key is never kept: it signs one certificate and is forgotten.
 */
export async function openTls(
  dataDirectory: string,
  now: Date,
  env: EnvironmentVariables
): Promise<TlsFiles> {
  const folder = join(dataDirectory, 'tls');
  const keptFile = join(folder, 'server.json');
  const caFile = join(folder, 'ca.pem');
  const bundleFile = join(folder, 'ca-bundle.pem');
  let kept = await readJsonFile<KeptTls>(keptFile);
  if (kept === undefined || new Date(kept.notAfter).getTime() < now.getTime() + 7 * DAY_MS) {
    kept = await makeCertificates(now);
    await writeFileAtomically(keptFile, JSON.stringify(kept), { mode: 0o600 });
  }
  await writeFileAtomically(caFile, kept.ca);
  await writeFileAtomically(bundleFile, `${kept.ca}\n${await trustedRoots(env, bundleFile)}`);
  return { certificate: kept.certificate, key: kept.key, caFile, bundleFile };
}

async function makeCertificates(now: Date): Promise<KeptTls> {
  // One minute back, for clients whose clock is a little slow.
  const notBefore = new Date(now.getTime() - 60_000);
  const notAfter = new Date(now.getTime() + VALID_DAYS * DAY_MS);
  const caKeys = await newKeys();
  const ca = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=Bedrock import sandbox CA ${randomBytes(4).toString('hex')}`,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys: caKeys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(caKeys.publicKey)
    ]
  });
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=127.0.0.1',
    issuer: ca.subject,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
        { type: 'dns', value: 'localhost' },
        // Virtual-hosted buckets; OpenSSL takes a wildcard only with two labels behind it.
        { type: 'dns', value: 's3.localhost' },
        { type: 'dns', value: '*.s3.localhost' }
      ]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(caKeys.publicKey)
    ]
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: certificate.toString('pem'),
    key: PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    ca: ca.toString('pem'),
    notAfter: notAfter.toISOString()
  };
}

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** Positive, as a serial number must be. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

/** What SSL_CERT_FILE named before, else what the system trusts; empty when neither can be read. */
async function trustedRoots(env: EnvironmentVariables, ownFile: string): Promise<string> {
  const named = env['SSL_CERT_FILE'];
  for (const file of named && named !== ownFile ? [named, ...SYSTEM_ROOTS] : SYSTEM_ROOTS) {
    try {
      return await readFile(file, 'utf8');
    } catch {
      // Not on this system; the next place may be.
    }
  }
  return '';
}
