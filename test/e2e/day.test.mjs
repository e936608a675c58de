// A mixed day of traffic over all free tiers of the catalog, on clocks that run faster, with faults: no provider has to refuse
// for a limit that the catalog knows, and hardly a request is lost while any route has room.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';

import {chat, CLIENT_KEY, count, scene} from './harness.mjs';

const TOOL = path.resolve(import.meta.dirname, '../../tools/farm_from_catalog.py');
const SECONDS = Number(process.env.DAY_SECONDS ?? 30);
const WIDTH = 24;

// A generator of its own, so that a day can be lived again.
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function request(random) {
  const what = random();
  const words = Math.floor(1 + random() * (what < 0.1 ? 1500 : 60));
  // The simulator counts a token for four bytes; of text with numbers the gateway expects a little more, as it should.
  const body = chat('auto', 'part 7 '.repeat(words), {max_tokens: Math.floor(16 + random() * 200)});
  if (what < 0.35) body.stream = true;
  if (what > 0.5 && what < 0.6) body.model = 'auto:fast';
  if (what > 0.6 && what < 0.7) body.model = 'auto:smart';
  if (what > 0.7 && what < 0.78)
    body.tools = [{type: 'function', function: {name: 'look', parameters: {type: 'object', properties: {}}}}];
  return body;
}

for (const threads of [1, 4]) {
  scene(
    `a day of all free tiers, ${threads} thread(s): no known limit is overrun, 99.9 % are answered`,
    async (stage) => {
      const folder = stage.directory();
      // Minutes of five seconds, days of a minute and a half: several of the first and the edge of one of the second pass.
      const options = ['--minute', '12', '--day', '960', '--faults', '0.02', '--latency', '30ms', '--tokens', '20'];
      execFileSync('python3', [TOOL, folder, ...options]);
      const farm = await stage.farm(readFileSync(path.join(folder, 'farm.toml'), 'utf8'));
      const config = readFileSync(path.join(folder, 'gateway.toml'), 'utf8').replaceAll('FARM', farm.address);
      const gateway = await stage.gateway(
        `[[client_keys]]\nname = "test"\nkey = "${CLIENT_KEY}"\n[server]\nthreads = ${threads}\n${config}`,
      );
      const end = Date.now() + SECONDS * 1000;
      const answers = [];
      const live = async (seed) => {
        const random = chance(seed);
        while (Date.now() < end) {
          const body = request(random);
          const answer = await gateway.ask(body);
          const broken = body.stream && answer.status === 200 && !/^data: \[DONE\]$/m.test(answer.text);
          answers.push({status: broken ? 'broken' : answer.status, text: answer.status === 200 ? '' : answer.text});
        }
      };
      await Promise.all(Array.from({length: WIDTH}, (_, i) => live(i + 1)));

      const stats = await farm.stats();
      const refused = Object.entries(stats).filter(([, provider]) => provider.refused > 0);
      assert.deepEqual(refused.map(([id, provider]) => `${id}: ${provider.refused} of ${provider.received}`), []);
      const good = answers.filter((answer) => answer.status === 200).length;
      const statuses = count(answers, (answer) => answer.status);
      console.log(`${threads} thread(s): ${answers.length} requests, ${JSON.stringify(statuses)}`);
      assert.ok(answers.length > 1000, `${answers.length} requests`);
      const lost = answers.find((answer) => answer.status !== 200);
      assert.ok(good >= answers.length * 0.999, `${JSON.stringify(statuses)}: ${lost?.text}`);
    },
    {timeout: SECONDS * 1000 + 60_000},
  );
}
