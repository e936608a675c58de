// Lines that connect a client: ready to copy, with this gateway's address and, just after it was made, the client's key.
import { useState } from 'preact/hooks';
import { t } from '../strings';
import { Snippet } from './basic';

const kModel = 'auto';

interface Kind {
  name: string;
  steps?: string; // where the lines go
  lines: (address: string, key: string) => string;
}

const kinds = (): Kind[] => [
  {
    name: 'curl',
    lines: (address, key) => `curl ${address}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${kModel}", "messages": [{"role": "user", "content": "Hello"}]}'`,
  },
  {
    name: 'Python',
    steps: 'pip install openai',
    lines: (address, key) => `from openai import OpenAI

client = OpenAI(base_url="${address}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="${kModel}", messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)`,
  },
  {
    name: 'Node',
    steps: 'npm install openai',
    lines: (address, key) => `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${address}/v1', apiKey: '${key}' });
const answer = await client.chat.completions.create({
  model: '${kModel}', messages: [{ role: 'user', content: 'Hello' }] });
console.log(answer.choices[0].message.content);`,
  },
  {
    name: 'Claude Code',
    steps: t().connect.shell,
    lines: (address, key) => `export ANTHROPIC_BASE_URL=${address}
export ANTHROPIC_API_KEY=${key}
claude`,
  },
  {
    name: 'Codex',
    steps: '~/.codex/config.toml',
    lines: (address, key) => `model = "${kModel}"
model_provider = "freeway"

[model_providers.freeway]
name = "freeway"
base_url = "${address}/v1"
env_key = "FREEWAY_KEY"
wire_api = "responses"

# export FREEWAY_KEY=${key}`,
  },
  {
    name: 'opencode',
    steps: 'opencode.json',
    lines: (address, key) => JSON.stringify({
      $schema: 'https://opencode.ai/config.json',
      model: `freeway/${kModel}`,
      provider: {
        freeway: {
          npm: '@ai-sdk/openai-compatible',
          name: 'freeway',
          options: { baseURL: `${address}/v1`, apiKey: key },
          models: { [kModel]: { name: kModel, tool_call: true } },
        },
      },
    }, null, 2),
  },
  {
    name: 'Aider',
    steps: t().connect.shell,
    lines: (address, key) => `export OPENAI_API_BASE=${address}/v1
export OPENAI_API_KEY=${key}
aider --model openai/${kModel}`,
  },
  {
    name: 'Cline, Roo, Kilo',
    steps: t().connect.cline,
    lines: (address, key) => `Base URL: ${address}/v1
API key:  ${key}
Model ID: ${kModel}`,
  },
  {
    name: 'Continue',
    steps: '~/.continue/config.yaml',
    lines: (address, key) => `name: freeway
version: 1.0.0
schema: v1
models:
  - name: freeway
    provider: openai
    model: ${kModel}
    apiBase: ${address}/v1
    apiKey: ${key}
    roles: [chat, edit, apply]`,
  },
];

export const address = () => location.origin;

export const Connect = ({ clientKey }: { clientKey: string | null }) => {
  const [at, setAt] = useState(0);
  const all = kinds();
  const move = (step: number) => {
    const next = (at + step + all.length) % all.length;
    setAt(next);
    document.getElementById(`connect-${next}`)?.focus();
  };
  const shown = all[at];
  return (
    <div>
      <div class="tabs" role="tablist" aria-label={t().connect.kinds}
        onKeyDown={(event) => {
          const forward = document.documentElement.dir === 'rtl' ? -1 : 1;
          if (event.key === 'ArrowRight') move(forward);
          else if (event.key === 'ArrowLeft') move(-forward);
        }}>
        {all.map((one, place) => (
          <button key={one.name} id={`connect-${place}`} role="tab" aria-selected={place === at} aria-controls="connect-lines" tabIndex={place === at ? 0 : -1} onClick={() => setAt(place)}>
            {one.name}
          </button>
        ))}
      </div>
      <div id="connect-lines" role="tabpanel" aria-labelledby={`connect-${at}`} class="stack">
        {shown.steps && <p class="quiet">{shown.steps}</p>}
        <Snippet label={shown.name} text={shown.lines(address(), clientKey ?? t().connect.placeholder)} />
      </div>
    </div>
  );
};
