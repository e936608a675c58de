// Makes the pictures of docs/images anew: node test/e2e/screenshots.mjs. Each page of the dashboard in light and in dark, after the
// same requests to the same six simulated providers; GATEWAY_BIN and FARM_BIN as for the tests.
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {ask, makeAccount, open} from './browser.mjs';
import {eventually, scene} from './harness.mjs';
import {smaller} from './png.mjs';

const IMAGES = path.resolve(import.meta.dirname, '../../docs/images');
const PROVIDERS = [
  {id: 'nvidia', latency: '150ms', rate: 80, models: [['nemotron-3-super', 'nemotron-3-super', 95], ['gpt-oss-120b', 'gpt-oss-120b', 77]], limits: 'rpm = 40', fault: '503 retry-after=900'},
  {id: 'cerebras', latency: '90ms', rate: 400, models: [['gpt-oss-120b', 'gpt-oss-120b', 77]], limits: 'rpm = 30, rpd = 120, tpm = 60000, tpd = 1000000'},
  {id: 'groq', latency: '60ms', rate: 300, models: [['qwen3.8-27b', 'qwen3.8-27b', 92], ['gpt-oss-120b', 'gpt-oss-120b', 77]], limits: 'rpm = 30, rpd = 200, tpm = 8000, tpd = 200000'},
  {id: 'mistral', latency: '180ms', rate: 120, models: [['mistral-medium', 'mistral-medium', 70]], limits: 'rpm = 60, tpd = 500000'},
  {id: 'openrouter', latency: '300ms', rate: 60, models: [['qwen3.8-27b:free', 'qwen3.8-27b', 92]], limits: 'rpm = 20, rpd = 50'},
  {id: 'cohere', latency: '200ms', rate: 70, models: [['command-a', 'command-a', 60]], limits: 'rpm = 20', revoked: true},
];
const CLIENTS = ['editor', 'notebook', 'phone'];
const keyOf = (client) => `fw-pictures-of-the-${client}-0000`;
const TEXT = 'A gateway stands between a program and the services that it asks, and sends each request to one that has room.';
// For the pictures.
const PRICES = {'gpt-oss-120b': ', price = { input = 0.35, output = 0.75 }', 'qwen3.8-27b': ', price = { input = 0.4, output = 1.6 }'};
const SCENARIO = PROVIDERS.map(({id, latency, rate, models, limits, fault, revoked}) => `
[[providers]]
id = "${id}"
keys = ["sk-${id}-${revoked ? 'another' : '0123456789abcdef'}"]
latency = "${latency}"
token_rate = ${rate}
text = "${TEXT}"
limits = { ${limits} }
faults = [${fault ? `"${fault}"` : ''}]
models = [${models.map(([model]) => `"${model}"`).join(', ')}]
`).join('');
const CONFIG = CLIENTS.map((client) => `
[[client_keys]]
name = "${client}"
key = "${keyOf(client)}"
`).join('') + PROVIDERS.map(({id, models, limits}) => `
[[providers]]
id = "${id}"
base_url = "{${id}}"
keys = ["sk-${id}-0123456789abcdef"]
limits = { ${limits} }
models = [${models.map(([model, family, rank]) => `{ id = "${model}", family = "${family}", rank = ${rank}, context = 131072, tools = true${PRICES[model] ?? ''} }`).join(', ')}]
`).join('');
const MODELS = ['auto', 'gpt-oss-120b', 'qwen3.8-27b', 'mistral/mistral-medium', 'auto', 'nvidia/nemotron-3-super', 'cohere/command-a'];

async function shoot(page, name) {
  await page.mouse.move(0, 0);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
    if (await page.locator('.chart').count()) await page.locator('.u-wrap canvas').nth(2).waitFor();
    writeFileSync(path.join(IMAGES, `${name}-${colorScheme}.png`), smaller(await page.screenshot({animations: 'disabled'})));
  }
}

scene('pictures of the dashboard', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG, listen: '127.0.0.1:8420'});
  mkdirSync(IMAGES, {recursive: true});
  const {page, api} = await open(stage, gateway.url, {viewport: {width: 1280, height: 800}});
  const visit = async (to, sight) => {
    await page.goto(`${gateway.url}/#/${to}`);
    await sight.first().waitFor();
  };
  await makeAccount(page);
  await page.getByRole('heading', {name: 'First steps'}).waitFor();
  await shoot(page, 'first-steps');
  await gateway.admin('clients', {method: 'POST', body: {name: 'guest', rpm: 5, tpd: 20000, models: ['auto'], privacy: 'no-training'}});
  for (let one = 0; one < 42; ++one) await ask(gateway, MODELS[one % MODELS.length], keyOf(CLIENTS[one % 5 % 3]), `Question ${one}: what is a gateway?`);
  await eventually(async () => (await api('requests?limit=100')).requests.length === 42, 'the record of the requests');
  const {requests} = await api('requests?limit=100');
  let failedOver;
  for (const {id, end} of requests) if (end === 'answered' && (await api(`requests/${id}`)).attempts.length > 1) failedOver = id;
  await visit('', page.getByText('What is left today?'));
  await page.reload();
  await page.getByText('What is left today?').waitFor();
  await shoot(page, 'home');
  await visit(`live/${failedOver}`, page.getByRole('table', {name: 'The plan'}));
  await shoot(page, 'request');
  await visit('keys', page.getByRole('table', {name: 'Keys'}));
  await shoot(page, 'keys');
  await visit('models', page.getByRole('heading', {name: 'All models'}));
  await shoot(page, 'models');
  await visit('clients', page.getByRole('table', {name: 'Clients'}));
  await shoot(page, 'clients');
  await visit('usage', page.getByRole('table', {name: 'By provider, model, client or hour'}));
  await shoot(page, 'usage');
  await visit('settings', page.getByRole('heading', {name: 'Configuration', exact: true}));
  await shoot(page, 'settings');

  await visit('playground', page.getByLabel('Model to compare'));
  for (const model of ['groq/qwen3.8-27b', 'mistral/mistral-medium']) {
    await page.getByLabel('Model to compare').fill(model);
    await page.getByRole('button', {name: 'Add', exact: true}).click();
  }
  await page.getByLabel('Question').fill('What is a gateway?');
  await page.getByRole('button', {name: 'Ask all 3'}).click();
  await page.locator('article .figure').nth(2).waitFor();
  await shoot(page, 'playground');

  // Two in flight while they are looked at.
  for (const id of ['mistral', 'openrouter']) await farm.set(id, {answer: {token_rate: 3}});
  await visit('live', page.getByRole('table', {name: 'Ended'}));
  const slow = [ask(gateway, 'mistral/mistral-medium', keyOf('editor')), ask(gateway, 'openrouter/qwen3.8-27b:free', keyOf('phone'))];
  await page.getByRole('table', {name: 'In flight'}).getByText(/tokens|mistral-medium/).first().waitFor();
  await eventually(async () => (await api('requests/live')).requests.filter((row) => row.tokens > 3).length === 2, 'two that answer');
  await shoot(page, 'live');
  await Promise.all(slow);
}, {timeout: 120_000});
