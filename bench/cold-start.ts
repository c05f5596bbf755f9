import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median, report } from './helper/figure.js';

const CLI = fileURLToPath(new URL('../server/cli/main.js', import.meta.url));
const RUNS = 5;

/** From the start of the process to a served page and every pod of the sample Running. */
async function run(): Promise<number> {
  const startMs = performance.now();
  const child = spawn(
    process.execPath,
    [CLI, 'up', '--ephemeral', '--port', '0', '--no-open', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { readonly url: string };
  const page = await fetch(url);
  if (!page.ok) throw new Error(`the page answers ${page.status}`);
  const pods = (await (await fetch(`${url}/api/v1/pods`)).json()) as {
    readonly items: readonly { readonly status: { readonly phase: string } }[];
  };
  const tookMs = performance.now() - startMs;
  const waiting = pods.items.filter((pod) => pod.status.phase !== 'Running').length;
  if (waiting > 0) throw new Error(`${waiting} pods do not run`);
  child.kill();
  await once(child, 'exit');
  return tookMs;
}

const times: number[] = [];
for (let index = 0; index < RUNS; index++) times.push(await run());
report({
  name: 'cold start to a served page and a Running sample',
  value: median(times) / 1000,
  unit: 's',
  target: 'under 2 s',
});
