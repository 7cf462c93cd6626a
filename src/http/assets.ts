/** The built dashboard (dashboard/dist, `npm run build`): which files a page needs, and serving them. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RequestHandler } from 'express';
import { z } from 'zod';

const DIST = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url));
const ENTRY = 'main.tsx';

const manifestSchema = z.record(
  z.string(),
  z.object({ file: z.string(), css: z.array(z.string()).default([]) }),
);

/** Paths on this server. Empty strings: the dashboard has not been built. */
export interface Assets {
  readonly script: string;
  readonly stylesheet: string;
}

/** Read once, when the process starts. */
export const assets: Assets = readAssets();

function readAssets(): Assets {
  if (!existsSync(`${DIST}manifest.json`)) return { script: '', stylesheet: '' };
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(`${DIST}manifest.json`, 'utf8')));
  const entry = manifest[ENTRY];
  return { script: `/${entry?.file ?? ''}`, stylesheet: `/${entry?.css[0] ?? ''}` };
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** `/assets/:name`: names carry a hash of the content, so that a browser may keep them for ever. */
export const serveAsset: RequestHandler = (req, res, next) => {
  const [, name, extension = ''] = /^\/assets\/([\w-]+\.(js|css|svg))$/.exec(req.path) ?? [];
  if (name === undefined) return next();
  const encoding = req.acceptsEncodings(['br', 'gzip']);
  const suffix = encoding === 'br' ? '.br' : encoding === 'gzip' ? '.gz' : '';
  res.set({
    'Content-Type': TYPES[extension] ?? '',
    'Cache-Control': 'public, max-age=31536000, immutable',
    Vary: 'Accept-Encoding',
    ...(suffix && { 'Content-Encoding': suffix === '.br' ? 'br' : 'gzip' }),
  });
  res.sendFile(
    `assets/${name}${suffix}`,
    { root: DIST, cacheControl: false, lastModified: false },
    (error) => {
      if (!error || res.headersSent) return;
      for (const header of ['Content-Type', 'Cache-Control', 'Content-Encoding']) res.removeHeader(header);
      next();
    },
  );
};
