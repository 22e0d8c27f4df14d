import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { completion } from './answers.ts'
import { built, scratch } from './place.ts'
import { freePort, type Running, start } from './process.ts'

export type InstantExpert = Running & { readonly url: string; readonly kind: 'nginx' | 'node' }

export const isInstalled = (program: string) =>
  spawnSync(program, ['-v'], { stdio: 'ignore', timeout: 10_000 }).error === undefined

/** For whole answers nginx, where there is one: what is measured should wait for nobody. */
export const startExpert = async (needsNode: boolean): Promise<InstantExpert> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  if (needsNode || !isInstalled('nginx')) {
    const command = [process.execPath, built('instant-expert.js'), String(port)] as const
    return { ...(await start({ name: 'expert', command: [...command], url })), url, kind: 'node' }
  }
  const folder = join(scratch, `nginx-${port}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'nginx.conf'), nginxConf(folder, port))
  const command = ['nginx', '-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'] as const
  return { ...(await start({ name: 'expert', command: [...command], url })), url, kind: 'nginx' }
}

const nginxConf = (folder: string, port: number) => `
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`).join(' ')}
  client_max_body_size 20m;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:${port};
    location / { default_type application/json; return 200 '${completion}'; }
  }
}
`
