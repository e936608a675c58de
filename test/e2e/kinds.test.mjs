// Other kinds than chat, with the official `openai` library: embeddings, rerank, moderation, images, speech, transcription.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';

import OpenAI, {toFile} from 'openai';

import {CLIENT_KEY, eventually, scene, scenes} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["chat", { id = "embed", kind = "embedding", dimensions = 4, max_inputs = 100 }, { id = "tts", kind = "speech" }]
[[providers]]
id = "u2"
keys = ["k2"]
models = [
  { id = "embed", kind = "embedding", dimensions = 4, max_inputs = 100 },
  { id = "other", kind = "embedding", dimensions = 4 },
  { id = "rank", kind = "rerank" }, { id = "judge", kind = "moderation" }, { id = "paint", kind = "image" },
  { id = "hear", kind = "transcription" },
]
[[providers]]
id = "co"
wire = "cohere"
keys = ["k3"]
models = [{ id = "embed-v4", kind = "embedding", dimensions = 4, max_inputs = 96 }, { id = "rerank-v3", kind = "rerank" }]
[[providers]]
id = "g"
wire = "gemini"
keys = ["k4"]
models = [{ id = "gemini-embedding", kind = "embedding", dimensions = 4 }, { id = "gemini-tts", kind = "speech" }]
`;

const model = (id, kind, more = '') => `
  [[providers.models]]
  id = "${id}"
  kind = "${kind}"
  ${more}`;

const CONFIG = `
[[client_keys]]
name = "test"
key = "${CLIENT_KEY}"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
${model('chat', 'chat')}
${model('embed', 'embedding', 'dimensions = 4\n  max_inputs = 100')}
${model('tts', 'speech')}
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k2"]
${model('embed', 'embedding', 'dimensions = 4\n  max_inputs = 100')}
${model('other', 'embedding')}
${model('rank', 'rerank')}
${model('judge', 'moderation')}
${model('paint', 'image')}
${model('hear', 'transcription')}
[[providers]]
id = "co"
dialect = "cohere"
base_url = "{co}"
keys = ["k3"]
${model('embed-v4', 'embedding', 'max_inputs = 96')}
${model('rerank-v3', 'rerank')}
[[providers]]
id = "g"
dialect = "gemini"
base_url = "{g}"
keys = ["k4"]
${model('gemini-embedding', 'embedding', 'max_inputs = 100')}
${model('gemini-tts', 'speech')}
`;

const start = (stage) => stage.start({scenario: SCENARIO, config: CONFIG});
const client = (gateway) => new OpenAI({baseURL: `${gateway.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 0});
const texts = (count) => Array.from({length: count}, (_, i) => `text number ${i}`);
const sha = (text) => createHash('sha256').update(text).digest();

// What the simulator makes of a text; floats are exact.
const vector = (of, text, size = 4) => [...sha(`${of}\n${text}`).subarray(0, size)].map((byte) => (byte - 128) / 128);

scenes('E1: 300 inputs at a provider that takes 100 are answered in order, as the numbers of one model', async (stage) => {
  const {farm, gateway} = await start(stage);
  const input = texts(300);
  // The library asks for base64 and makes numbers of it; with a format of one's own it hands on what came.
  for (const encoding_format of [undefined, 'float', 'base64']) {
    const answer = await client(gateway).embeddings.create({model: 'embed', input, encoding_format});
    const read = answer.data.map(({embedding}) => typeof embedding === 'string' ?
      [...new Float32Array(Uint8Array.from(Buffer.from(embedding, 'base64')).buffer)] : embedding);
    assert.deepEqual(read, input.map((text) => vector('embed', text)));
    assert.deepEqual(answer.data.map(({index}) => index), input.map((_, i) => i));
  }
  const seen = (await farm.requests()).filter((one) => one.kind === 'embedding');
  assert.deepEqual(seen.map((one) => one.inputs), Array(9).fill(100));
});

scene('E1: where a provider fails in the middle of the slices, another one of the same model goes on', async (stage) => {
  const {farm, gateway} = await start(stage);
  await farm.set('u1', {script: ['ok', '503']});
  const input = texts(250);
  const {data, response} = await client(gateway).embeddings.create({model: 'embed', input}).withResponse();
  assert.deepEqual(data.data.map(({embedding}) => embedding), input.map((text) => vector('embed', text)));
  assert.equal(response.headers.get('x-fallback-attempts'), '1');
  assert.equal((await farm.requests()).filter((one) => one.model === 'other').length, 0);
});

scene('G20: each slice is an attempt in the log, and the usage tells all of them, key by key', async (stage) => {
  const {farm, gateway} = await start(stage);
  await farm.set('u1', {script: ['ok', '503']});
  const {data, response} = await client(gateway).embeddings.create({model: 'embed', input: texts(250)}).withResponse();
  const record = await eventually(async () => {
    const {requests} = await gateway.admin('requests');
    return requests.length === 1 && gateway.admin(`requests/${requests[0].id}`);
  }, 'the request in the log');
  assert.equal(record.id, response.headers.get('x-request-id'));
  assert.deepEqual(record.attempts.map((one) => [one.provider, one.outcome]).slice(0, 3), [['u1', 'answered'], ['u1', 'overloaded'], ['u2', 'answered']]);
  assert.equal(record.attempts.length, 4);
  const told = {};
  for (const one of record.attempts) told[one.provider] = (told[one.provider] ?? 0) + one.tokens.prompt;
  assert.equal(Object.values(told).reduce((sum, one) => sum + one, 0), data.usage.prompt_tokens);
  for (const [provider, {keys}] of Object.entries(await farm.stats())) {
    const reported = Object.values(keys).flatMap(({models}) => Object.values(models)).reduce((sum, {tokens}) => sum + tokens.prompt, 0);
    assert.equal(told[provider] ?? 0, reported, provider);
  }
  const {usage} = await gateway.admin('usage?by=provider');
  for (const row of usage) assert.equal(row.prompt_tokens, told[row.provider], row.provider);
});

scene('embeddings in Cohere\'s and Google\'s protocols, in slices and with the length asked for', async (stage) => {
  const {gateway} = await start(stage);
  for (const name of ['embed-v4', 'gemini-embedding']) {
    const input = texts(120);
    const answer = await client(gateway).embeddings.create({model: name, input, dimensions: 2});
    assert.deepEqual(answer.data.map(({embedding}) => embedding), input.map((text) => vector(name, text, 2)), name);
  }
});

scene('a name for no single embedding model is refused', async (stage) => {
  const {farm, gateway} = await start(stage);
  for (const name of ['auto', 'auto:fast', 'chat']) {
    const refused = await client(gateway).embeddings.create({model: name, input: 'hi'}).catch((error) => error);
    assert.equal(refused.status, 400, name);
  }
  assert.equal((await farm.requests()).length, 0);
});

scene('documents are ranked in Jina\'s shape, over either protocol', async (stage) => {
  const {gateway} = await start(stage);
  const documents = ['apples', 'a boat', 'the sea', 'bread'];
  const score = (query, document) => sha(`${query}\n${document}`).readUInt32BE(0) / 2 ** 32;
  for (const name of ['rank', 'rerank-v3']) {
    const answer = await fetch(`${gateway.url}/v1/rerank`, {
      method: 'POST',
      headers: {authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json'},
      body: JSON.stringify({model: name, query: 'sail', documents, top_n: 2, return_documents: true}),
    });
    assert.equal(answer.status, 200, name);
    const {results} = await answer.json();
    const best = documents.map((document, index) => ({index, score: score('sail', document)})).sort((a, b) => b.score - a.score);
    assert.deepEqual(results.map(({index}) => index), best.slice(0, 2).map(({index}) => index), name);
    assert.deepEqual(results.map(({document}) => document.text ?? document), best.slice(0, 2).map(({index}) => documents[index]), name);
    for (const [i, result] of results.entries()) assert.ok(Math.abs(result.relevance_score - best[i].score) < 1e-6, name);
  }
});

scene('texts are judged, pictures painted, sounds spoken and heard', async (stage) => {
  const {gateway} = await start(stage);
  const openai = client(gateway);
  const judged = await openai.moderations.create({model: 'judge', input: ['a', 'b']});
  assert.equal(judged.results.length, 2);
  assert.equal(typeof judged.results[0].flagged, 'boolean');

  const painted = await openai.images.generate({model: 'paint', prompt: 'a cat', n: 2, size: '256x256', response_format: 'b64_json'});
  assert.equal(painted.data.length, 2);
  assert.deepEqual([...Buffer.from(painted.data[0].b64_json, 'base64').subarray(1, 4)], [...Buffer.from('PNG')]);

  const spoken = await openai.audio.speech.create({model: 'tts', voice: 'alloy', input: 'hello', response_format: 'wav'});
  assert.match(spoken.headers.get('content-type'), /^audio\/wav/);
  const sound = Buffer.from(await spoken.arrayBuffer());
  assert.equal(sound.subarray(0, 4).toString(), 'RIFF');

  const google = await openai.audio.speech.create({model: 'gemini-tts', voice: 'Puck', input: 'hello', response_format: 'wav'});
  assert.equal(Buffer.from(await google.arrayBuffer()).subarray(0, 4).toString(), 'RIFF');

  const heard = `sha256:${createHash('sha256').update(sound).digest('hex')}`;
  const file = () => toFile(sound, 'hello.wav', {type: 'audio/wav'});
  for (const format of ['json', 'verbose_json', 'text', 'srt', 'vtt']) {
    const said = await openai.audio.transcriptions.create({model: 'hear', file: await file(), response_format: format});
    assert.ok((said.text ?? said).replace(/\s+/g, ' ').includes(heard), `${format}: ${JSON.stringify(said)}`);
    if (format === 'srt') assert.match(said, /^1\n00:00:00,000 --> /);
    if (format === 'vtt') assert.match(said, /^WEBVTT\n\n00:00:00\.000 --> /);
  }
  const translated = await openai.audio.translations.create({model: 'hear', file: await file()});
  assert.ok(translated.text.includes(heard));
});

scenes('G3: chat, embeddings, speech and transcription draw on one pool', async (stage) => {
  const limits = 'limits = { rpm = 20 }';
  const scenario = SCENARIO.replace('id = "u1"\n', `id = "u1"\n${limits}\n`)
    .replace('{ id = "tts", kind = "speech" }]', '{ id = "tts", kind = "speech" }, { id = "ears", kind = "transcription" }]');
  const config = CONFIG.replace('id = "u1"\n', `id = "u1"\n${limits}\n`)
    .replace(model('tts', 'speech'), model('tts', 'speech') + model('ears', 'transcription')) + '[routing]\nqueue_wait = "0s"\n';
  const {farm, gateway} = await stage.start({scenario, config});
  const openai = client(gateway);
  const sound = Buffer.alloc(2000);
  const ways = [
    () => openai.chat.completions.create({model: 'u1/chat', messages: [{role: 'user', content: 'hi'}]}),
    (i) => openai.embeddings.create({model: 'u1/embed', input: `text ${i}`}),
    () => openai.audio.speech.create({model: 'u1/tts', voice: 'alloy', input: 'hello'}),
    async () => openai.audio.transcriptions.create({model: 'u1/ears', file: await toFile(sound, 'a.mp3')}),
  ];
  // One of each is through before the crowd, so that each surely takes a place.
  for (const way of ways) await way(0);
  const ended = await Promise.allSettled(Array.from({length: 60}, (_, i) => ways[i % 4](i)));
  assert.equal(ended.filter(({status}) => status === 'fulfilled').length, 20 - ways.length);
  assert.ok(ended.every(({status, reason}) => status === 'fulfilled' || reason.status === 429));
  const stats = await farm.stats('u1');
  assert.equal(stats.received, 20);
  assert.equal(stats.refused, 0);
  const kinds = new Set((await farm.requests('provider=u1')).map(({kind}) => kind));
  assert.deepEqual([...kinds].sort(), ['chat', 'embedding', 'speech', 'transcription']);
});

scenes('no more is sent to be heard in an hour than may be, and nothing is refused', async (stage) => {
  const pool = `
  [[providers.pools]]
  name = "audio"
  unit = "audio_seconds"
  limit = 80
  window = "sliding 1h"
`;
  const provider = (end) => `[[providers]]\nid = "u"\nkeys = ["k"]\n${end}${pool}`;
  const scenario = provider('models = [{ id = "hear", kind = "transcription" }]');
  const config = `[[client_keys]]\nname = "test"\nkey = "${CLIENT_KEY}"\n[routing]\nqueue_wait = "0s"\n` +
    provider(`base_url = "{u}"\n${model('hear', 'transcription')}`);
  const {farm, gateway} = await stage.start({scenario, config});
  // 25 seconds of 16,000 samples with 16 bits; the simulator counts the head of the file as well, and so 26.
  const samples = Buffer.alloc(25 * 32000);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0), head.writeUInt32LE(36 + samples.length, 4), head.write('WAVEfmt ', 8), head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20), head.writeUInt16LE(1, 22), head.writeUInt32LE(16000, 24), head.writeUInt32LE(32000, 28);
  head.writeUInt16LE(2, 32), head.writeUInt16LE(16, 34), head.write('data', 36), head.writeUInt32LE(samples.length, 40);
  const sound = Buffer.concat([head, samples]);
  const hear = async () => client(gateway).audio.transcriptions.create({model: 'hear', file: await toFile(sound, 'a.wav')});
  const ended = await Promise.allSettled(Array.from({length: 12}, hear));
  assert.equal(ended.filter(({status}) => status === 'fulfilled').length, 3);
  assert.ok(ended.every(({status, reason}) => status === 'fulfilled' || reason.status === 429));
  const stats = await farm.stats('u');
  assert.equal(stats.received, 3);
  assert.equal(stats.refused, 0);
  const heard = stats.pools.audio ?? stats.pools.find?.(({name}) => name === 'audio');
  assert.equal(Object.values(heard.of)[0].used, 78);
});

// Hosts with addresses of their own beside their OpenAI-like chat: a model says where and how it is asked.
const HOSTS = `
[[providers]]
id = "cloudflare"
style = "cloudflare"
keys = ["k1"]
models = [
  { id = "@cf/baai/bge-m3", kind = "embedding", dimensions = 4 }, { id = "@cf/baai/bge-reranker-base", kind = "rerank" },
  { id = "@cf/black-forest-labs/flux-1-schnell", kind = "image" }, { id = "@cf/lykon/dreamshaper-8-lcm", kind = "image" },
  { id = "@cf/myshell-ai/melotts", kind = "speech" }, { id = "@cf/deepgram/aura-1", kind = "speech" },
  { id = "@cf/openai/whisper", kind = "transcription" }, { id = "@cf/openai/whisper-large-v3-turbo", kind = "transcription" },
  { id = "@cf/deepgram/nova-3", kind = "transcription" },
]
[[providers]]
id = "nvidia"
style = "nvidia"
keys = ["k2"]
models = [
  { id = "black-forest-labs/flux.1-schnell", kind = "image" }, { id = "black-forest-labs/flux.2-klein-4b", kind = "image" },
  { id = "nvidia/rerank", kind = "rerank" }, { id = "nvidia/embed", kind = "embedding", dimensions = 4 },
]
[[providers]]
id = "huggingface"
style = "huggingface"
keys = ["k3"]
models = [{ id = "BAAI/bge-m3", kind = "embedding", dimensions = 4 }]
`;

const hosts = (farm) => {
  const at = (id) => `http://${farm.address}/${id}`;
  const own = (id, kind, dialect, base) => model(id, kind, `dialect = "${dialect}"\n  base_url = "${base}"`);
  const runs = [['@cf/baai/bge-reranker-base', 'rerank'], ['@cf/black-forest-labs/flux-1-schnell', 'image'],
    ['@cf/lykon/dreamshaper-8-lcm', 'image'], ['@cf/myshell-ai/melotts', 'speech'], ['@cf/deepgram/aura-1', 'speech'],
    ['@cf/openai/whisper', 'transcription'], ['@cf/openai/whisper-large-v3-turbo', 'transcription'],
    ['@cf/deepgram/nova-3', 'transcription']];
  return `
[[client_keys]]
name = "test"
key = "${CLIENT_KEY}"
[catalog]
builtin = false
[[providers]]
id = "cloudflare"
base_url = "${at('cloudflare')}/ai/v1"
keys = ["k1"]
${model('@cf/baai/bge-m3', 'embedding')}
${runs.map(([id, kind]) => own(id, kind, 'cloudflare', `${at('cloudflare')}/ai`)).join('')}
[[providers]]
id = "nvidia"
base_url = "${farm.providers.nvidia}"
keys = ["k2"]
quirks = { input_type = { query = "query", document = "passage" } }
${model('nvidia/embed', 'embedding')}
${own('nvidia/rerank', 'rerank', 'nvidia', farm.providers.nvidia)}
${own('black-forest-labs/flux.1-schnell', 'image', 'nvidia', farm.providers.nvidia)}
${own('black-forest-labs/flux.2-klein-4b', 'image', 'nvidia', farm.providers.nvidia)}
[[providers]]
id = "huggingface"
base_url = "${farm.providers.huggingface}"
keys = ["k3"]
${own('BAAI/bge-m3', 'embedding', 'huggingface', at('huggingface'))}
`;
};

scene('Cloudflare, NVIDIA and Hugging Face are asked at their own addresses', async (stage) => {
  const farm = await stage.farm(HOSTS);
  const gateway = await stage.gateway(hosts(farm));
  const openai = client(gateway);
  for (const [name, id] of [['cloudflare/@cf/baai/bge-m3', '@cf/baai/bge-m3'], ['huggingface/BAAI/bge-m3', 'BAAI/bge-m3'],
    ['nvidia/nvidia/embed', 'nvidia/embed']]) {
    const answer = await openai.embeddings.create({model: name, input: texts(3)});
    assert.deepEqual(answer.data.map(({embedding}) => embedding), texts(3).map((text) => vector(id, text)), name);
  }
  for (const name of ['@cf/baai/bge-reranker-base', 'nvidia/nvidia/rerank']) {
    const answer = await fetch(`${gateway.url}/v1/rerank`, {
      method: 'POST',
      headers: {authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json'},
      body: JSON.stringify({model: name, query: 'sail', documents: ['apples', 'a boat', 'the sea'], top_n: 2}),
    });
    assert.equal(answer.status, 200, name);
    const score = (document) => sha(`sail\n${document}`).readUInt32BE(0);
    const best = [0, 1, 2].sort((a, b) => score(['apples', 'a boat', 'the sea'][b]) - score(['apples', 'a boat', 'the sea'][a]));
    assert.deepEqual((await answer.json()).results.map(({index}) => index), best.slice(0, 2), name);
  }
  for (const name of ['@cf/black-forest-labs/flux-1-schnell', '@cf/lykon/dreamshaper-8-lcm', 'black-forest-labs/flux.1-schnell',
    'black-forest-labs/flux.2-klein-4b']) {
    const painted = await openai.images.generate({model: name, prompt: 'a cat', response_format: 'b64_json'});
    const bytes = Buffer.from(painted.data[0].b64_json, 'base64');
    assert.ok(bytes.includes('PNG') || bytes.readUInt16BE(0) === 0xffd8, name);
  }
  let sound;
  for (const name of ['@cf/deepgram/aura-1', '@cf/myshell-ai/melotts']) {
    const spoken = await openai.audio.speech.create({model: name, voice: 'angus', input: 'hello'});
    sound = Buffer.from(await spoken.arrayBuffer());
    assert.ok(sound.length > 100, name);
  }
  for (const name of ['@cf/openai/whisper', '@cf/openai/whisper-large-v3-turbo', '@cf/deepgram/nova-3']) {
    const file = await toFile(sound, 'hello.mp3', {type: 'audio/mpeg'});
    const heard = await openai.audio.transcriptions.create({model: name, file});
    assert.ok(heard.text.includes(createHash('sha256').update(sound).digest('hex')), `${name}: ${heard.text}`);
  }
});
