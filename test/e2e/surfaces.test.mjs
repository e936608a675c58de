// Every surface takes one road: what each carries, printed as a table, and the same decisions at every fault (G26).
import assert from 'node:assert/strict';

import {chat, configuration, eventually, scene, user} from './harness.mjs';
import {CITY, PIXEL, SURFACES} from './surfaces.mjs';

const WORDS = Array.from({length: 6}, (_, i) => `w${i}`).join(' ');

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m"]
tokens = 6
rules = [
  { match = "look it up", after_tool = false, answer = { tool_calls = [{ name = "lookup", arguments = { q = "x" } }], tool_chunks = 4 } },
  { match = "two things", answer = { tool_calls = [{ name = "lookup", arguments = { q = "a" } }, { name = "lookup", arguments = { q = "b" } }] } },
  { match = "think", answer = { reasoning = "one two", text = "three" } },
  { match = "a city", answer = { structured = '{"city":"Lyon"}' } },
  { match = "no usage", answer = { usage = "none" } },
  { match = "thoughts alone", answer = { reasoning = "one two", tokens = 0 } },
  { match = "careless", answer = { tool_calls = [{ name = "lookup", arguments = { q = "x" } }], omit_ids = true, arguments_object = true, nulls = true } },
  { match = "half a call", fault = "truncated_tool_arguments" },
  { match = "says stop", answer = { tool_calls = [{ name = "lookup", arguments = { q = "x" } }], finish_reason = "stop" } },
  { match = "written call", answer = { text = '<tool_call>{"name":"lookup","arguments":{"q":"x"}}</tool_call>' } },
  { match = "break off", fault = { kind = "close_mid_stream", after = 3 } },
]
[[providers]]
id = "u2"
keys = ["k2"]
models = ["prose"]
structured = "a city in France"
[[providers]]
id = "u3"
keys = ["k3"]
models = ["right"]
structured = '{"city":"Lyon"}'
[[providers]]
id = "picky"
keys = ["k4"]
models = ["nine"]
tokens = 6
tool_id_length = 9
`;
const CONFIG = `
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
[[providers.models]]
id = "m"
context = 4000
tools = true
vision = true
json = true
[[providers.models]]
id = "plain"
tools = false
vision = false
json = false
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k2"]
[[providers.models]]
id = "prose"
family = "city"
json = true
rank = 90
[[providers]]
id = "u3"
base_url = "{u3}"
keys = ["k3"]
[[providers.models]]
id = "right"
family = "city"
json = true
rank = 10
[[providers]]
id = "picky"
base_url = "{picky}"
keys = ["k4"]
quirks = { tool_id_length = 9, parallel_tool_calls = false, strict_schema = false }
[[providers.models]]
id = "nine"
tools = true
`;

class Desk {
  constructor(surface, farm, gateway) {
    Object.assign(this, {surface, farm, gateway});
  }
  async ask(content, more = {}, options = {}) {
    return this.gateway.ask(this.surface.body(content, more), {target: this.surface.target, ...options});
  }
  async whole(content, more) {
    const answer = await this.ask(content, more);
    assert.equal(answer.status, 200, answer.text);
    return this.surface.whole(answer.json);
  }
  async stream(content, more) {
    const answer = await this.ask(content, {...this.surface.streamed, ...more});
    assert.equal(answer.status, 200, answer.text);
    return this.surface.stream(answer.text);
  }
  // What the provider was sent last.
  async sent() {
    return JSON.parse((await this.farm.requests()).at(-1).body);
  }
  async refused(status, content, more, options) {
    const answer = await this.ask(content, more, options);
    assert.equal(answer.status, status, answer.text);
    const told = this.surface.error(answer.json);
    assert.ok(told.length > 10, answer.text);
    return told;
  }
  // What is needed is missing everywhere: that is said, nobody is asked, and it is no matter of quota.
  async lacks(capability, more) {
    const before = await this.farm.received();
    const told = await this.refused(422, 'hi', {...more, model: 'plain'});
    assert.ok(told.includes(capability) && !/quota|rate/.test(told), told);
    assert.equal(await this.farm.received(), before);
  }
}

const FEATURES = {
  async 'a text'(desk) {
    const {text, finish} = await desk.whole('hi');
    assert.deepEqual([text, finish], [WORDS, desk.surface.finishes.done]);
  },
  async 'a stream'(desk) {
    const {text, finish} = await desk.stream('hi');
    assert.deepEqual([text, finish], [WORDS, desk.surface.finishes.done]);
  },
  async usage(desk) {
    const [whole, streamed] = [await desk.whole('hi'), await desk.stream('hi')];
    assert.equal(whole.usage[1], 6);
    assert.ok(whole.usage[0] > 0);
    assert.deepEqual(streamed.usage, whole.usage);
  },
  async 'a system prompt'(desk) {
    await desk.whole('hi', desk.surface.system('Be brief.'));
    assert.deepEqual((await desk.sent()).messages[0], {role: 'system', content: 'Be brief.'});
  },
  async tools(desk) {
    for (const way of ['whole', 'stream']) {
      const {calls, finish} = await desk[way]('look it up', desk.surface.tools);
      assert.deepEqual(calls.map(([name, text]) => [name, JSON.parse(text)]), [['lookup', {q: 'x'}]]);
      assert.equal(finish, desk.surface.finishes.tools);
    }
  },
  async 'arguments as they are written'(desk) {
    assert.ok((await desk.stream('look it up', desk.surface.tools)).parts > 1);
  },
  async 'parallel tools'(desk) {
    for (const way of ['whole', 'stream']) {
      const {calls} = await desk[way]('two things', desk.surface.tools);
      assert.deepEqual(calls.map(([, text]) => JSON.parse(text).q), ['a', 'b']);
      assert.equal(new Set(calls.map(([, , id]) => id)).size, 2);
    }
  },
  async 'a tool result'(desk) {
    const {calls} = await desk.whole('look it up', desk.surface.tools);
    const id = calls[0][2];
    const asked = desk.surface.body('look it up', desk.surface.tools);
    const {text} = await desk.whole('look it up', {...desk.surface.tools, ...desk.surface.result(asked, [id])});
    assert.equal(text, WORDS);
    const {messages} = await desk.sent();
    assert.deepEqual(messages.at(-1), {role: 'tool', tool_call_id: id, content: 'found'});
    assert.equal(messages.at(-2).tool_calls[0].function.name, 'lookup');
  },
  async 'an image'(desk) {
    await desk.whole('', desk.surface.image);
    const part = (await desk.sent()).messages.at(-1).content.find((one) => one.type === 'image_url');
    assert.equal(part.image_url.url, PIXEL);
  },
  async 'a JSON schema'(desk) {
    const {text} = await desk.whole('a city', desk.surface.schema);
    assert.deepEqual(JSON.parse(text), {city: 'Lyon'});
    assert.deepEqual((await desk.sent()).response_format.json_schema.schema, CITY);
  },
  async reasoning(desk) {
    for (const way of ['whole', 'stream']) {
      const {text, reasoning} = await desk[way]('think');
      assert.deepEqual([reasoning.trim(), text], ['one two', 'three']);
    }
  },
  async stop(desk) {
    await desk.whole('hi', desk.surface.stop);
    assert.deepEqual((await desk.sent()).stop, ['###']);
  },
  async 'cut short'(desk) {
    for (const way of ['whole', 'stream']) {
      const {text, finish} = await desk[way]('hi', desk.surface.cut);
      assert.deepEqual([text.trim(), finish], ['w0 w1 w2', desk.surface.finishes.cut]);
    }
  },
  async 'a stream that breaks'(desk) {
    const {text, error, finish} = await desk.stream('break off');
    assert.ok(WORDS.startsWith(text) && text.length > 0, text);
    assert.match(error, /broke before its end/);
    assert.notEqual(finish, desk.surface.finishes.done);
  },
  async 'C1 two answers at once'(desk) {
    const answer = await desk.ask('hi', desk.surface.several);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(desk.surface.texts(answer.json), [WORDS, `#1 ${WORDS}`]);
  },
  async 'C2 functions of old'(desk) {
    const {json} = await desk.ask('look it up', desk.surface.functions);
    const {message, finish_reason} = json.choices[0];
    assert.deepEqual([message.function_call, finish_reason], [{name: 'lookup', arguments: '{"q":"x"}'}, 'function_call']);
    assert.equal((await desk.sent()).tools[0].function.name, 'lookup');
    const history = [...user('look it up'), message, {role: 'function', name: 'lookup', content: 'found'}];
    assert.equal((await desk.whole('', {...desk.surface.functions, function_call: 'auto', messages: history})).text, WORDS);
    const {messages} = await desk.sent();
    assert.equal(messages.at(-1).role, 'tool');
    assert.equal(messages.at(-1).tool_call_id, messages.at(-2).tool_calls[0].id, 'the result stays with its call');
  },
  async 'C3 usage that nobody told'(desk) {
    const answer = await desk.ask('no usage');
    assert.equal(answer.headers['x-freeway-usage'], 'estimated');
    const {usage} = desk.surface.whole(answer.json);
    assert.ok(usage[0] > 0 && usage[1] > 0, answer.text);
    assert.ok((await desk.stream('no usage')).usage[1] > 0);
  },
  async 'C4 thoughts alone'(desk) {
    const {text, reasoning} = await desk.whole('thoughts alone');
    assert.deepEqual([text, reasoning.trim()], ['', 'one two']);
  },
  async 'C5 a careless provider'(desk) {
    for (const way of ['whole', 'stream']) {
      const {calls} = await desk[way]('careless', desk.surface.tools);
      assert.deepEqual(calls.map(([name, text]) => [name, JSON.parse(text)]), [['lookup', {q: 'x'}]]);
      assert.ok(calls[0][2].length > 3, 'it has an id');
    }
  },
  async 'C7 a schema that is broken'(desk) {
    const answer = await desk.ask('where?', {...desk.surface.schema, model: 'city'});
    assert.deepEqual(JSON.parse(desk.surface.whole(answer.json).text), {city: 'Lyon'});
    assert.equal(answer.headers['x-routed-via'], 'u3/right');
    assert.match(answer.headers['x-fallback-trail'], /^u2\/prose key#1=schema_violation$/);
  },
  async 'L4 half a call'(desk) {
    await desk.refused(502, 'half a call', desk.surface.tools);
    const answer = await desk.ask('half a call', {...desk.surface.streamed, ...desk.surface.tools});
    if (answer.status === 200) {
      assert.ok(desk.surface.stream(answer.text).error, answer.text);
    } else {
      assert.equal(answer.status, 502, answer.text);
    }
  },
  async 'L5 a call that ends in "stop"'(desk) {
    for (const way of ['whole', 'stream']) {
      const {calls, finish} = await desk[way]('says stop', desk.surface.tools);
      assert.deepEqual([calls.length, finish], [1, desk.surface.finishes.tools]);
    }
  },
  async 'L6 ids of another provider'(desk) {
    const asked = desk.surface.body('go on', desk.surface.tools);
    const {text} = await desk.whole('go on', {...desk.surface.tools, ...desk.surface.result(asked, ['call_of_another_provider_1']), model: 'nine'});
    assert.equal(text, WORDS);
    const {messages} = await desk.sent();
    const [result, called] = [messages.at(-1).tool_call_id, messages.at(-2).tool_calls[0].id];
    assert.match(result, /^[A-Za-z0-9]{9}$/);
    assert.equal(result, called);
  },
  async 'L7 a call that is written'(desk) {
    for (const way of ['whole', 'stream']) {
      const {calls, text} = await desk[way]('written call', desk.surface.tools);
      assert.deepEqual([calls.map(([name, made]) => [name, JSON.parse(made)]), text], [[['lookup', {q: 'x'}]], '']);
    }
    const {text, calls} = await desk.whole('written call');
    assert.deepEqual([text.startsWith('<tool_call>'), calls ?? []], [true, []]);
  },
  async 'a wrong key'(desk) {
    await desk.refused(401, 'hi', {}, {key: 'fw-nobody'});
  },
  async 'an unknown model'(desk) {
    await desk.refused(404, 'hi', {model: 'nobody'});
  },
  async 'a broken body'(desk) {
    const answer = await desk.gateway.ask('{"model":', {target: desk.surface.target});
    assert.equal(answer.status, 400);
    assert.ok(desk.surface.error(answer.json));
  },
  async 'F15 an image that no route takes'(desk) {
    await desk.lacks('vision', desk.surface.image);
  },
  async 'F15 tools that no route has'(desk) {
    await desk.lacks('tool', desk.surface.tools);
  },
  async 'F15 a schema that no route keeps to'(desk) {
    await desk.lacks('structured output', desk.surface.schema);
  },
  async 'too long a prompt'(desk) {
    assert.match(await desk.refused(400, 'word '.repeat(6000)), /prompt is too long|context/);
  },
};
// The member of a surface that a feature needs, where it is another than the feature's own name.
const NEEDS = {
  'a system prompt': 'system', 'arguments as they are written': 'tools', 'parallel tools': 'tools', 'a tool result': 'result', tools: 'tools',
  'an image': 'image', 'a JSON schema': 'schema', stop: 'stop', reasoning: 'tools',
  'C1 two answers at once': 'several', 'C2 functions of old': 'functions', 'C4 thoughts alone': 'tools', 'C5 a careless provider': 'tools', 'C7 a schema that is broken': 'schema', 'L4 half a call': 'tools',
  'F15 an image that no route takes': 'image', 'F15 tools that no route has': 'tools', 'F15 a schema that no route keeps to': 'schema',
  'L5 a call that ends in "stop"': 'tools', 'L6 ids of another provider': 'result', 'L7 a call that is written': 'tools',
};

scene('what each surface carries', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const table = {};
  const reasons = [];
  for (const [name, surface] of Object.entries(SURFACES)) {
    const desk = new Desk(surface, farm, gateway);
    table[name] = {};
    for (const [feature, check] of Object.entries(FEATURES)) {
      const needed = NEEDS[feature];
      if (needed && !surface[needed]) {
        const why = surface.none_of?.[needed] ?? surface.none;
        assert.ok(why, `${name} has no ${needed}, and no reason why`);
        table[name][feature] = '-';
        reasons.push(`${name} has no place for "${feature}": ${why}`);
        continue;
      }
      try {
        await check(desk);
        table[name][feature] = 'passed';
      } catch (error) {
        error.message = `${name}, ${feature}: ${error.message}`;
        throw error;
      }
    }
  }
  const width = Math.max(...Object.keys(FEATURES).map((feature) => feature.length));
  console.log([''.padEnd(width), ...Object.keys(SURFACES)].join(' | '));
  for (const feature of Object.keys(FEATURES))
    console.log([feature.padEnd(width), ...Object.keys(SURFACES).map((name) => table[name][feature].padEnd(name.length))].join(' | '));
  for (const reason of reasons) console.log(reason);
});

scene('F13 G17 a pin that fails, a model that is off and one that nobody knows are told alike on every surface', async (stage) => {
  const provider = (id) => `[[providers]]\nid = "${id}"\nkeys = ["k-${id}"]\nmodels = ["m1", "m2"]\n`;
  const entry = (id, models) =>
    `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\nkeys = ["k-${id}"]\n` + models.map((model) => `[[providers.models]]\n${model}\n`).join('');
  const farm = await stage.farm(['u1', 'u2', 'u3'].map(provider).join(''));
  const configured = configuration(farm,
    entry('u1', ['id = "m1"', 'id = "m2"']) + entry('u2', ['id = "m1"', 'id = "off"\nenabled = false']) + entry('u3', ['id = "m2"']));
  const outcomes = {};
  for (const [name, {target, body, streamed, error, code}] of Object.entries(SURFACES)) {
    await farm.reset();
    for (const id of ['u1', 'u2']) await farm.set(id, {model: 'm1', fault: 'close_before'});
    const gateway = await stage.gateway(configured);
    outcomes[name] = [];
    // One provider's, a family's, and those that are none.
    for (const model of ['u1/m1', 'm1', 'off', 'u2/off', 'nobody', 'u1/nobody']) {
      for (const more of [{}, streamed]) {
        await gateway.admin('benches/lift', {method: 'POST'});
        const answer = await gateway.ask(body('hi', {...more, model}), {target});
        assert.ok(error(answer.json).length > 10, `${name}, ${model}: ${answer.text}`);
        assert.equal(answer.headers['x-routed-via'], undefined, `${name}, ${model}`);
        outcomes[name].push([model, answer.status, code(answer.json), answer.headers['x-fallback-trail']]);
      }
    }
    const {u1, u2, u3} = await farm.stats();
    assert.ok(u1.received > 0 && u2.received > 0, name);
    assert.equal(u3.received, 0, `${name}: nobody outside the pin was asked`);
    assert.equal(u1.keys['k-u1'].models.m2.received, 0, `${name}: no other model either`);
    assert.equal((await gateway.ask(body('hi', {model: 'auto'}), {target})).status, 200, `${name}: which would have answered`);
    await gateway.stop();
  }
  const expected = outcomes['chat completions'];
  assert.deepEqual(expected.map(([, status]) => status), [502, 502, 502, 502, ...Array(8).fill(404)]);
  for (const [, status, code] of expected) assert.equal(status === 404, code === 'model_not_found');
  for (const [name, told] of Object.entries(outcomes)) assert.deepEqual(told, expected, name);
});

scene('C6 a conversation stays with its model on every surface', async (stage) => {
  const farm = await stage.farm(SCENARIO);
  const configured = configuration(farm, CONFIG);
  for (const [name, {target, body}] of Object.entries(SURFACES)) {
    await farm.reset();
    await farm.set('u2', {script: ['429 retry-after=1']});
    const gateway = await stage.gateway(configured);
    const via = async (session) => {
      const answer = await gateway.ask(body('hi', {model: 'city'}), {target, headers: session && {'x-session-id': session}});
      assert.equal(answer.status, 200, `${name}: ${answer.text}`);
      return answer.headers['x-routed-via'];
    };
    assert.equal(await via('one'), 'u3/right', name);
    await eventually(async () => (await via()) === 'u2/prose', `${name}: the first choice is back`);
    assert.equal(await via('one'), 'u3/right', `${name}: the session stays`);
    assert.equal(await via('two'), 'u2/prose', `${name}: another is independent, with the same first message`);
    await gateway.stop();
  }
});

const FAULTS = [
  'ok', '400', '401', '402', '403', '404', '429 retry-after=60', '503', 'redirect location=http://127.0.0.1:9/', 'html_200', 'empty_completion',
  'error_in_200', 'error_in_stream', 'corrupt_frame after=0', 'corrupt_frame', 'close_before', 'reset', 'truncated_content_length',
  'close_mid_stream after=2', 'no_finish after=2', 'truncated_tool_arguments', 'hang', 'headers_only', 'comments interval=100ms', 'stall_mid_stream',
];
// Nobody is at fault, or the request is.
const HARMLESS = ['ok', '400'];
const WAITS = /^(hang|headers_only|comments|stall)/;

// The same request in each surface's words. Where the words allow, the provider gets the same bytes.
const SAME = {
  'chat completions': (model, stream) => ({...chat(model, 'hi'), max_tokens: 50, ...(stream && {stream, stream_options: {include_usage: true}})}),
  completions: (model, stream) => ({model, prompt: 'hi', max_tokens: 50, ...(stream && {stream, stream_options: {include_usage: true}})}),
  responses: (model, stream) => ({model, input: 'hi', max_output_tokens: 50, ...(stream && {stream})}),
  messages: (model, stream) => ({model, messages: user('hi'), max_tokens: 50, ...(stream && {stream})}),
};

scene('G26 every fault leads to the same decisions and the same entries on every surface', async (stage) => {
  // Two providers for each fault, whole and streamed: one that has it, and one that is well. The former have ports of their own,
  // so that no connection is kept from another case, over which a call may go out twice.
  const cases = [false, true].flatMap((stream) => FAULTS.map((fault, i) => ({fault, stream, id: `${stream ? 's' : 'w'}${i}`})));
  const scenario = cases.map(({fault, id}) => `
[[providers]]
id = "bad-${id}"
keys = ["k-bad-${id}"]
models = ["${id}"]
own_port = true
tokens = 5
fault = "${fault}"
[[providers]]
id = "good-${id}"
keys = ["k-good-${id}"]
models = ["${id}"]
tokens = 5
`).join('');
  const config = (farm) => cases.flatMap(({id}) => ['bad', 'good'].map((kind) => `
[[providers]]
id = "${kind}-${id}"
base_url = "${farm.providers[`${kind}-${id}`]}"
keys = ["k-${kind}-${id}"]
limits = { rpm = 20, tpd = 100000 }
models = [{ id = "${id}" }]
`)).join('') + '[timeouts]\nfirst_token = "1s"\nanswer = "1s"\nidle = "1s"\n';
  // What names a case's providers.
  const of = (list, where, id) => list.filter((one) => new RegExp(`\\b(bad|good)-${id}\\b`).test(one[where]));
  const asked = async (name) => {
    const farm = await stage.farm(scenario);
    const gateway = await stage.gateway(configuration(farm, config(farm)));
    const answers = {};
    const ask = async ({fault, stream, id}) => {
      const tools = fault === 'truncated_tool_arguments' ? SURFACES[name].tools : {};
      if (!tools) return;
      const {status, headers} = await gateway.ask({...SAME[name](id, stream), ...tools}, {target: SURFACES[name].target});
      // Asked for at once, as the shortest last only seconds, and a stream's end may come before its bench; evidence may say how
      // long was waited.
      const begun = async () => {
        const found = of((await gateway.admin('benches')).benches, 'scope', id);
        return (found.length > 0 || HARMLESS.includes(fault)) && found;
      };
      const benches = (await eventually(begun, `${name}: a bench for ${fault}`)).map(({scope, reason, evidence, remaining_s}) => ({
        scope, reason, evidence: evidence.replace(/\([\d.]+ m?s\)/, ''), left: remaining_s === null ? 'for good' : remaining_s > 30 ? 'long' : 'short',
      }));
      answers[id] = {status, via: headers['x-routed-via'], trail: headers['x-fallback-trail'], benches};
    };
    const quick = async () => {
      for (const one of cases) if (!WAITS.test(one.fault)) await ask(one);
    };
    await Promise.all([quick(), ...cases.filter(({fault}) => WAITS.test(fault)).map(ask)]);
    const pools = await eventually(async () => {
      const all = (await gateway.admin('pools')).pools.map(({name: pool, used, today}) => ({pool, used, today}));
      return all.every((pool) => pool.today.in_flight === 0) && all;
    }, 'every call is settled');
    const requests = await farm.requests();
    for (const [id, answer] of Object.entries(answers)) {
      answer.pools = of(pools, 'pool', id);
      answer.sent = of(requests, 'provider', id).map((request) => [request.provider, request.outcome, JSON.parse(request.body)]);
    }
    return answers;
  };
  const [expected, ...others] = await Promise.all(Object.keys(SAME).map(asked));
  for (const {fault, stream, id} of cases) {
    const what = `${fault}, stream: ${stream}`;
    const {sent, pools, benches, via} = expected[id];
    assert.equal(sent.length, via.startsWith('good') ? 2 : 1, what);
    assert.equal(pools.length, 4, what);
    assert.equal(benches.length, HARMLESS.includes(fault) ? 0 : 1, what);
    for (const [i, other] of others.entries()) if (other[id]) assert.deepEqual(other[id], expected[id], `${Object.keys(SAME)[i + 1]}, ${what}`);
  }
  assert.deepEqual(others.map((other) => Object.keys(other).length), [cases.length - 2, cases.length, cases.length]);
});
