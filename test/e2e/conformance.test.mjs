// Every provider that is on in the catalog, as the simulator plays it, through the gateway as the catalog has it: what each can
// do, and what each says when it can't. Ends with the table. A cell is passed, or marked as not offered with what says so.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import {CLIENT_KEY, content, events, eventually, scene, user} from './harness.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const TOOL = {
  type: 'function',
  function: {
    name: 'look',
    description: 'Looks something up',
    parameters: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {q: {type: 'string'}, n: {type: ['integer', 'null'], minimum: 0}},
      required: ['q'],
      additionalProperties: false,
    },
  },
};
const SCHEMA = {type: 'object', properties: {a: {type: 'integer'}}, required: ['a'], additionalProperties: false};
const FORMAT = {type: 'json_schema', json_schema: {name: 'answer', strict: true, schema: SCHEMA}};

// Protocols that no built-in entry uses, but an entry of a user's may.
const ABLE = {tools: true, vision: true, json: true, reasoning: true};
const SPOKEN = {
  'cohere-v2': {id: 'cohere-v2', dialect: 'cohere', base: '', models: [{id: 'command-a-reasoning', ...ABLE}]},
  'ollama-own': {id: 'ollama-own', dialect: 'ollama', base: '', models: [{id: 'gpt-oss:20b', ...ABLE}]},
};

// The catalog as data, through the same reader as the tools'.
function read_catalog() {
  const code =
    'import json,sys; sys.path.insert(0,"tools"); from catalog_scenarios import *\n' +
    'print(json.dumps({p["id"]: {**p, "models": chat_models(p)} for p in map(read, sorted((ROOT/"catalog").glob("*.toml")))' +
    ' if p.get("enabled", True) and chat_models(p)}))';
  return {...JSON.parse(execFileSync('python3', ['-c', code], {cwd: ROOT, maxBuffer: 1 << 26})), ...SPOKEN};
}

const CATALOG = read_catalog();

// A provider with the model that is to show one thing: the first that has it, else the first of which nobody knows.
function model_with(provider, ability) {
  const models = provider.models.filter((model) => !ability || model[ability] !== false);
  return models.find((model) => ability && model[ability]) ?? models[0];
}
// Its answers are never there at once.
const later = (provider) => provider.dialect === 'aihorde';
const source_of = (provider) => `${provider.source ?? 'no source'}, ${provider.as_of ?? 'no date'}`;

const message = (answer) => answer.json.choices[0].message;
const ok = (answer, provider, model) => {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['x-routed-via'], encodeURI(`${provider.id}/${model.id}`));
};

// What is asked for and what must come of it. `needs`: the ability of a model that the catalog may deny. `plays`: what the
// simulator answers.
const ABILITIES = {
  chat: {
    async check({ask, provider, model}) {
      const answer = await ask({});
      ok(answer, provider, model);
      assert.match(message(answer).content, /^w0 w1/);
    },
  },
  stream: {
    async check({ask, provider, model}) {
      const answer = await ask({stream: true});
      ok(answer, provider, model);
      assert.match(content(answer.text), /^w0 w1/);
      const all = events(answer.text);
      assert.equal(all.at(-1), '[DONE]');
      const chunks = all.slice(0, -1).map((data) => JSON.parse(data));
      assert.equal(chunks.filter((chunk) => chunk.choices[0]?.finish_reason).length, 1);
      assert.equal(chunks.filter((chunk) => chunk.choices[0]?.delta?.role).length, 1);
    },
  },
  tools: {
    needs: 'tools',
    plays: {call_tools: true},
    async check({ask, provider, model}) {
      for (const stream of [false, true]) {
        const answer = await ask({tools: [TOOL], stream});
        ok(answer, provider, model);
        let calls = stream ? [] : message(answer).tool_calls;
        if (stream) {
          for (const data of events(answer.text).slice(0, -1)) {
            for (const call of JSON.parse(data).choices[0]?.delta?.tool_calls ?? []) {
              calls[call.index] ??= {id: call.id, function: {name: call.function.name, arguments: ''}};
              calls[call.index].function.arguments += call.function.arguments ?? '';
            }
          }
        }
        assert.equal(calls.length, 1);
        assert.equal(calls[0].function.name, 'look');
        assert.equal(typeof JSON.parse(calls[0].function.arguments), 'object');
        assert.ok(calls[0].id);
        assert.match(answer.text, /"finish_reason":"tool_calls"/);
      }
    },
  },
  'tool result': {
    needs: 'tools',
    plays: {call_tools: true},
    async check({ask, provider, model}) {
      const first = message(await ask({tools: [TOOL]}));
      const results = first.tool_calls.map((call) => ({role: 'tool', tool_call_id: call.id, content: '{"found": 7}'}));
      const answer = await ask({tools: [TOOL], messages: [...user('look'), first, ...results]});
      ok(answer, provider, model);
      assert.match(message(answer).content, /^w0 w1/);
      // A history from elsewhere, with an id and a call that this provider never made.
      const foreign = {id: 'call_of_another', type: 'function', function: {name: 'look', arguments: '{"q":"x"}'}};
      const history = [
        ...user('look'),
        {role: 'assistant', content: null, tool_calls: [foreign]},
        {role: 'tool', tool_call_id: foreign.id, content: 'nothing'},
      ];
      ok(await ask({tools: [TOOL], messages: history}), provider, model);
    },
  },
  images: {
    needs: 'vision',
    async check({ask, provider, model, farm}) {
      const parts = [
        {type: 'text', text: 'what is this?'},
        {type: 'image_url', image_url: {url: `data:image/png;base64,${IMAGE}`}},
      ];
      ok(await ask({messages: user(parts)}), provider, model);
      const seen = (await farm.requests(`provider=${provider.id}`)).at(-1);
      assert.ok(seen.body.includes(IMAGE), 'the image arrives');
    },
  },
  'JSON schema': {
    needs: 'json',
    plays: {structured: '{"a":1}'},
    async check({ask, provider, model}) {
      const answer = await ask({response_format: FORMAT});
      ok(answer, provider, model);
      assert.deepEqual(JSON.parse(message(answer).content), {a: 1});
    },
  },
  reasoning: {
    needs: 'reasoning',
    plays: {reasoning: 'because of this'},
    async check({ask, provider, model}) {
      for (const stream of [false, true]) {
        const answer = await ask({reasoning_effort: 'low', stream});
        ok(answer, provider, model);
        const said = stream
          ? events(answer.text)
              .slice(0, -1)
              .map((data) => JSON.parse(data).choices[0]?.delta ?? {})
              .map((delta) => delta.reasoning_content ?? delta.reasoning ?? '')
              .join('')
          : (message(answer).reasoning_content ?? message(answer).reasoning);
        assert.equal(said, 'because of this');
      }
    },
  },
  usage: {
    async check({ask, provider, model}) {
      const whole = await ask({});
      ok(whole, provider, model);
      assert.ok(whole.json.usage.prompt_tokens > 0 && whole.json.usage.completion_tokens > 0, whole.text);
      const asked = await ask({stream: true, stream_options: {include_usage: true}});
      const frames = events(asked.text).filter((data) => data !== '[DONE]' && JSON.parse(data).usage);
      assert.equal(frames.length, 1, asked.text);
      assert.ok(JSON.parse(frames[0]).usage.total_tokens > 0);
      const silent = await ask({stream: true});
      assert.doesNotMatch(silent.text, /"usage":\{/);
    },
  },
  abort: {
    plays: {tokens: 400, token_rate: 40},
    async check({open, leave, provider, farm}) {
      const before = (await farm.stats(provider.id)).aborted;
      if (provider.quirks?.drop?.includes('stream') || later(provider)) {
        await farm.set(provider.id, {answer: {latency: '60s'}});
        await leave({stream: true});
      } else {
        const answer = await open({stream: true});
        for await (const part of answer) {
          assert.ok(part.length > 0);
          break;
        }
        answer.destroy();
      }
      await eventually(async () => (await farm.stats(provider.id)).aborted === before + 1, 'the provider sees it');
    },
  },
};

// What a provider says when it refuses: the occasion, as its style words it, and what the trail may call it.
const REFUSALS = {
  '429 minute': ['minute', 429, ['rate_limited']],
  '429 day': ['day', 429, ['quota_exhausted', 'rate_limited']],
  401: ['unauthorized', 503, ['invalid_key', 'forbidden']],
  'too large': ['too_large', 0, ['too_large', 'bad_request']],
  'model gone': ['gone', 0, ['not_found', 'forbidden', 'bad_request']],
};

// What a provider has no words for, and who says so.
const SPEECHLESS = {
  ollama: {'429 minute': "it limits sessions and weeks, by users' reports, 2026-08"},
  'ollama-own': {'429 minute': "it limits sessions and weeks, by users' reports, 2026-08"},
};

// Both sides' files.
function make() {
  const folder = mkdtempSync(path.join(tmpdir(), 'freeway-conformance-'));
  const options = ['--no-limits', '--faults', '0', '--latency', '1ms', '--tokens', '8'];
  execFileSync('python3', [path.join(ROOT, 'tools/farm_from_catalog.py'), folder, ...options]);
  const files = ['farm.toml', 'gateway.toml'].map((name) => readFileSync(path.join(folder, name), 'utf8'));
  rmSync(folder, {recursive: true});
  return files;
}
const MADE = make();

async function start(stage) {
  let [scenario, config] = MADE;
  for (const {id, dialect, base, models} of Object.values(SPOKEN)) {
    const [model] = models;
    scenario += `[[providers]]\nid = "${id}"\nwire = "${dialect}"\nkeys = ["${id}-key"]\nmodels = ["${model.id}"]\n`;
    config += `[[providers]]\nid = "${id}"\ndialect = "${dialect}"\nbase_url = "http://FARM/${id}${base}"\nkeys = ["${id}-key"]\n`;
    config += `[[providers.models]]\nid = "${model.id}"\ntools = true\nvision = true\njson = true\nreasoning = true\n`;
  }
  const farm = await stage.farm(scenario);
  config = config.replaceAll('FARM', farm.address);
  const key = `[[client_keys]]\nname = "test"\nkey = "${CLIENT_KEY}"\n[routing]\nqueue_wait = "0s"\n`;
  return {farm, gateway: await stage.gateway(key + config)};
}

const table = new Map();
const failures = [];
const put = (provider, cell, text) => table.set(provider, {...table.get(provider), [cell]: text});

async function cell(provider, name, check) {
  try {
    await check();
    put(provider.id, name, 'ok');
  } catch (error) {
    put(provider.id, name, 'FAILED');
    failures.push(`${provider.id}, ${name}: ${error.message}`);
  }
}

for (const [name, {needs, plays = {}, check}] of Object.entries(ABILITIES)) {
  scene(`conformance: ${name}`, async (stage) => {
    const {farm, gateway} = await start(stage);
    const before = failures.length;
    for (const provider of Object.values(CATALOG)) {
      const model = model_with(provider, needs);
      const denied = !model || (needs === 'reasoning' && !model.reasoning);
      if (denied) {
        put(provider.id, name, `none (${source_of(provider)})`);
        continue;
      }
      await farm.set(provider.id, {answer: plays});
      const body = (more) => ({model: `${provider.id}/${model.id}`, messages: user('hi'), ...more});
      const ask = (more) => gateway.ask(body(more));
      const open = (more) => gateway.open(body(more));
      // Leaves as soon as the provider has the request.
      const leave = async (more) => {
        const controller = new AbortController();
        const has_it = ({received, later: {asked}}) => (later(provider) ? asked : received);
        const before = has_it(await farm.stats(provider.id));
        const headers = {authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json'};
        const {signal} = controller;
        const asked = fetch(`${gateway.url}/v1/chat/completions`, {method: 'POST', body: JSON.stringify(body(more)), headers, signal});
        const left = assert.rejects(asked, {name: 'AbortError'});
        await eventually(async () => has_it(await farm.stats(provider.id)) > before, 'the provider has the request');
        controller.abort();
        await left;
      };
      await cell(provider, name, () => check({ask, open, leave, provider, model, farm}));
    }
    assert.deepEqual(failures.slice(before), []);
  });
}

for (const [name, [occasion, status, reasons]] of Object.entries(REFUSALS)) {
  scene(`conformance: ${name}`, async (stage) => {
    const {farm, gateway} = await start(stage);
    const before = failures.length;
    for (const provider of Object.values(CATALOG)) {
      const model = provider.models[0];
      if (SPEECHLESS[provider.id]?.[name]) {
        put(provider.id, name, `none (${SPEECHLESS[provider.id][name]})`);
        continue;
      }
      await farm.set(provider.id, {fault: `status occasion=${occasion}`});
      await cell(provider, name, async () => {
        const answer = await gateway.ask({model: `${provider.id}/${model.id}`, messages: user('hi')});
        const trail = answer.headers['x-fallback-trail'] ?? '';
        const reason = trail.split('; ').at(-1).split('=').at(-1);
        assert.ok(reasons.includes(reason), `${answer.status} ${trail} ${answer.text}`);
        if (status) assert.equal(answer.status, status, answer.text);
        assert.ok(answer.status >= 400 && answer.json.error.message, answer.text);
      });
    }
    assert.deepEqual(failures.slice(before), []);
  });
}

scene('conformance: the table has no empty cell', async () => {
  const cells = [...Object.keys(ABILITIES), ...Object.keys(REFUSALS)];
  const width = Math.max(...[...table.keys()].map((id) => id.length));
  const shown = (text) => (text.startsWith('none') ? '-' : text);
  console.log(['provider'.padEnd(width), ...cells].join(' | '));
  for (const [id, row] of table) {
    console.log([id.padEnd(width), ...cells.map((name) => shown(row[name] ?? '').padEnd(name.length))].join(' | '));
  }
  for (const [id, row] of table) {
    const none = cells.filter((name) => row[name]?.startsWith('none'));
    for (const why of new Set(none.map((name) => row[name]))) {
      console.log(`${id} does not offer ${none.filter((name) => row[name] === why).join(', ')}: ${why.slice(6, -1)}`);
    }
    for (const name of cells) assert.ok(row[name], `${id}, ${name}`);
  }
  assert.deepEqual([...table.keys()].sort(), Object.keys(CATALOG).sort());
});
