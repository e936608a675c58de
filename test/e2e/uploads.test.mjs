// Uploads of many megabytes: they go on byte by byte, and are held nowhere.
import assert from 'node:assert/strict';
import {createHash, randomBytes} from 'node:crypto';
import {readFileSync, readdirSync, readlinkSync, renameSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {gzipSync} from 'node:zlib';

import {CLIENT_KEY, configuration, eventually, scene, scenes} from './harness.mjs';

const MB = 1_000_000;
const provider = (id) => `[[providers]]\nid = "${id}"\nkeys = ["key-of-${id}"]\n`;
const SCENARIO = ['u1', 'u2'].map((id) => `${provider(id)}models = [{ id = "hear", kind = "transcription" }]\n`).join('');
const PROVIDERS = ['u1', 'u2']
  .map((id) => `${provider(id)}base_url = "{${id}}"\n[[providers.models]]\nid = "hear"\nkind = "transcription"\n`)
  .join('');
// However long the simulator takes for digests on a busy machine.
const CONFIG = `[routing]\norder = ["u1/hear", "u2/hear"]\ndeadline = "5m"\n[timeouts]\nanswer = "5m"\n${PROVIDERS}`;

// The model's name stands behind the file.
const form = (file, name = 'a.wav') => Buffer.concat([
  Buffer.from(`--edge\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: audio/wav\r\n\r\n`),
  file,
  Buffer.from('\r\n--edge\r\nContent-Disposition: form-data; name="model"\r\n\r\nhear\r\n--edge--\r\n'),
]);
const HEADERS = {'content-type': 'multipart/form-data; boundary=edge'};
const TARGET = '/v1/audio/transcriptions';
const upload = (gateway, body, headers = {}) => gateway.ask(body, {target: TARGET, headers: {...HEADERS, ...headers}});
const heard = (file) => `sha256:${createHash('sha256').update(file).digest('hex')} bytes:${file.length}`;

// The head of an upload and as much of it as is given; nothing is waited for.
function begin(gateway, length, bytes) {
  const request = http.request(gateway.url + TARGET, {
    method: 'POST', agent: false, headers: {...HEADERS, authorization: `Bearer ${CLIENT_KEY}`, 'content-length': length},
  });
  request.on('error', () => {});
  request.write(bytes);
  return request;
}

// Files without a name that the gateway has open in its data directory.
function spooled(gateway) {
  return readdirSync(`/proc/${gateway.pid}/fd`).filter((one) => {
    try {
      const file = readlinkSync(`/proc/${gateway.pid}/fd/${one}`);
      return file.startsWith(`${gateway.data}/`) && file.endsWith(' (deleted)');
    } catch {
      return false;
    }
  }).length;
}
const freed = (gateway) => eventually(() => spooled(gateway) === 0, 'the file is freed');

scene('25 MB go through byte by byte, at once and where the first provider fails after it has read them', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const file = randomBytes(25 * MB);
  const once = await upload(gateway, form(file));
  assert.equal(once.status, 200, once.text);
  assert.equal(once.json.text, heard(file));
  assert.equal(once.headers['x-fallback-attempts'], '0');

  await farm.set('u1', {script: ['500']});
  const again = await upload(gateway, form(file));
  assert.equal(again.status, 200, again.text);
  assert.equal(again.json.text, heard(file));
  assert.equal(again.headers['x-fallback-attempts'], '1');
  const seen = await farm.requests();
  assert.equal(seen.length, 3);
  assert.equal(new Set(seen.map(({sha256, body_size}) => `${sha256} ${body_size}`)).size, 1, 'the same body each time');
  await freed(gateway);
}, {timeout: 240_000});

scene('a packed form is unpacked as it comes', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: `[server]\nupload_limit = "4MB"\n${CONFIG}`});
  const file = Buffer.alloc(3 * MB, 'sound');
  const packed = await upload(gateway, gzipSync(form(file)), {'content-encoding': 'gzip'});
  assert.equal(packed.status, 200, packed.text);
  assert.equal(packed.json.text, heard(file));
  const bomb = await upload(gateway, gzipSync(form(Buffer.alloc(400 * MB))), {'content-encoding': 'gzip'});
  assert.equal(bomb.status, 413, bomb.text);
  assert.match(bomb.json.error.message, /server\.upload_limit/);
  await freed(gateway);
});

scene('an upload has a limit of its own', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: SCENARIO, config: `[server]\nbody_limit = "64KiB"\nupload_limit = "1MB"\n${CONFIG}`,
  });
  assert.equal((await upload(gateway, form(randomBytes(900_000)))).status, 200);
  const large = await upload(gateway, form(randomBytes(2 * MB)));
  assert.equal(large.status, 413, large.text);
  assert.equal(large.json.error.code, 'request_too_large');
  assert.match(large.json.error.message, /server\.upload_limit/);
  assert.equal(await farm.received(), 1);
});

scene('several uploads at once are not held in memory', async (stage) => {
  const SIZE = 12 * MB;
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const files = Array.from({length: 5}, () => randomBytes(SIZE));
  assert.equal((await upload(gateway, form(files[0].subarray(0, 2 * MB)))).status, 200);
  const status = () => readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
  const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(status())[1]) * 1024;
  writeFileSync(`/proc/${gateway.pid}/clear_refs`, '5');  // the peak is from now on
  const before = gateway.memory();
  const answers = await Promise.all(files.map((file) => upload(gateway, form(file))));
  assert.deepEqual(answers.map(({json}) => json?.text), files.map(heard));
  const growth = peak() - before;
  assert.ok(growth < SIZE, `${growth} bytes more for ${files.length} uploads of ${SIZE}`);
  await freed(gateway);
}, {timeout: 240_000});

scenes('who leaves half-way leaves nothing', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const whole = form(randomBytes(20 * MB));
  const request = begin(gateway, whole.length, whole.subarray(0, 10 * MB));
  await eventually(() => spooled(gateway) === 1, 'the upload lies in a file');
  const named = readdirSync(gateway.data).filter((name) => !/^(freeway\.|journal|lock)/.test(name));
  assert.deepEqual(named, [], 'that has no name');
  request.destroy();
  await freed(gateway);
  assert.equal(await farm.received(), 0);

  // And while the provider is asked: it learns that nobody waits.
  await farm.set('u1', {fault: 'hang'});
  const asked = begin(gateway, whole.length, whole);
  await eventually(async () => (await farm.received()) === 1, 'the provider has it');
  assert.equal(spooled(gateway), 1, 'it may have to be sent again');
  asked.destroy();
  await eventually(async () => (await farm.stats('u1')).aborted === 1, 'the provider sees it');
  await freed(gateway);
}, {timeout: 120_000});

scene('all uploads together take a bounded space, which each gives back however it ends', async (stage) => {
  const config = (space) => `[server]\nupload_limit = "6MB"\nupload_space = "${space}"\n${CONFIG}`;
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: config('6MB')});
  const file = randomBytes(4 * MB);
  const held = async () => Number(/^freeway_upload_bytes (\d+)$/m.exec(
    (await gateway.ask(undefined, {method: 'GET', target: '/metrics'})).text)[1]);
  const given = (what) => eventually(async () => (await held()) === 0, `the space is free after ${what}`);
  const fits = async (what, attempts = '0') => {
    const answer = await upload(gateway, form(file));
    assert.equal(answer.status, 200, `${what}: ${answer.text}`);
    assert.equal(answer.headers['x-fallback-attempts'], attempts);
    await given(what);
  };

  await farm.set('u1', {fault: 'hang'});
  const asked = begin(gateway, form(file).length, form(file));
  await eventually(async () => (await farm.received()) === 1, 'the provider has the first');
  await farm.set('u1', {fault: null});
  assert.ok((await held()) > 3 * MB);
  const second = await upload(gateway, form(file));
  assert.equal(second.status, 503, second.text);
  assert.deepEqual([second.json.error.type, second.json.error.code], ['server_error', 'upload_not_kept']);
  assert.match(second.json.error.message, /server\.upload_space/);
  assert.ok(Number(second.headers['retry-after']) > 0);
  assert.ok((await held()) < 5 * MB, 'what did not fit takes nothing');
  const small = randomBytes(200_000);
  assert.equal((await upload(gateway, form(small))).json.text, heard(small), 'what fits into memory needs none');
  assert.match(await gateway.reload(configuration(farm, config('9MB'))), /reloaded/);
  assert.equal((await upload(gateway, form(file))).status, 200, 'a reload makes room');
  assert.match(await gateway.reload(configuration(farm, config('6MB'))), /reloaded/);
  asked.destroy();
  await given('a client that left its answer');

  await fits('a success');
  await farm.set('u1', {script: ['500']});
  await fits('a failover', '1');
  const half = begin(gateway, form(file).length, form(file).subarray(0, 3 * MB));
  await eventually(async () => (await held()) > 2 * MB, 'half of it lies there');
  half.destroy();
  await given('a client that left half-way');
  await farm.set('u1', {script: ['500']});
  await farm.set('u2', {script: ['500']});
  assert.equal((await upload(gateway, form(file))).status, 502);
  await given('a failure');
}, {timeout: 120_000});

scene('a data directory that cannot be written to is told, and small uploads need none', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  // Moved away in one step: the gateway writes to it meanwhile, which a removal would trip over.
  renameSync(gateway.data, `${gateway.data}.away`);
  const large = await upload(gateway, form(randomBytes(2 * MB)));
  assert.equal(large.status, 503, large.text);
  assert.equal(large.json.error.type, 'server_error');
  assert.equal(large.json.error.code, 'upload_not_kept');
  assert.doesNotMatch(large.text, new RegExp(gateway.data), 'paths are for the log');
  await eventually(() => /an upload was refused/.test(gateway.said), 'the log tells it');
  const small = randomBytes(200_000);
  assert.equal((await upload(gateway, form(small))).json.text, heard(small));
  assert.equal(await farm.received(), 1);
});
