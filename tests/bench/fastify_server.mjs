// The peer of the throughput: an HTTP server with sharp, as it is usually written with fastify.
// It receives forms like ours, and stores each result in a folder.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import multipart from '@fastify/multipart';
import fastify from 'fastify';
import sharp from 'sharp';

const [port, folder] = process.argv.slice(2);
const server = fastify({ bodyLimit: 2 ** 26 });
server.register(multipart, { limits: { fileSize: 2 ** 26 } });

server.post('/api/v1/tools/smart-crop', async (request) => {
  const file = await request.file();
  const data = await file.toBuffer();
  const result = await sharp(data)
    .autoOrient()
    .resize(1080, 1080, { fit: 'cover', position: 'attention' })
    .toFormat('jpeg', { quality: 95 })
    .toBuffer();
  const name = `${randomUUID()}.jpg`;
  await writeFile(join(folder, name), result);
  return { downloadUrl: `/${name}`, originalSize: data.length, processedSize: result.length };
});

await server.listen({ port: Number(port), host: '127.0.0.1' });
