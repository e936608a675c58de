// The admin API's documents, as docs/admin.md tells them. Times are RFC 3339; unknown is null.
export interface Clause {
  text: string;
  code: string | null;
  values: Record<string, string>;
}
interface Why {
  why: string | null;
  why_code: string | null;
  why_values: Clause['values'];
}
interface Reason {
  reason: string | null;
  reason_code: string | null;
  reason_values: Clause['values'];
}

export interface Session {
  state: 'setup' | 'login' | 'in';
  code_needed?: boolean;
  account: string | null;
  csrf: string | null;
  confirmed_until: string | null;
  version: string;
}

export interface Provider extends Why {
  id: string;
  name: string | null;
  state: 'serving' | 'benched' | 'out_of_quota' | 'no_key' | 'idle';
  keys: number;
  models: number;
  routes: number;
  open: number;
  benched: number;
  out_of_quota: number;
  until: string | null;
  signup?: string | null;
  env?: string[] | null;
  keyless?: boolean;
}

export interface Status {
  version: string;
  state: 'ready' | 'draining';
  started_at: string;
  uptime_s: number;
  requests_in_flight: number;
  streams_open: number;
  waiting: number;
  sessions: number;
  memory_bytes: number;
  clients: number;
  routes: { total: number; open: number; benched: number; out_of_quota: number };
  recent?: {
    span_s: number;
    requests: number;
    answered: number;
    failed: number;
    success: number | null;
    ttft_p50_ms: number | null;
    ttft_p95_ms: number | null;
    last_failure: { id: string; time: string; asked: string | null; provider: string | null; model: string | null; status: number | null; error_code: string | null; error: string | null; evidence: string | null } | null;
  } | null;
  configuration: {
    path: string | null;
    data_directory: string;
    hash: string;
    strategy: string;
    loaded_at: string;
    warnings: string[];
    last_reload_error: string | null;
    catalog: { source: string; version: number | null; as_of: string | null; installed_on: string | null; trouble: string | null };
  };
  log: { written: number; dropped: number; waiting: number; bytes: number; trouble: string | null };
  journal: { state: string; bytes: number };
  providers: Provider[];
}

export interface Pool {
  name: string;
  pool: string;
  provider: string;
  key: string;
  model: string | null;
  family: string | null;
  scope: string;
  unit: string;
  window: string;
  limit: number | null;
  stated: number | null;
  used: number;
  in_flight: number;
  resets_at: string | null;
  learned: { how: string; limit: number | null; at: string; trusted_until: string | null } | null;
  left_by_provider: number | { left: number; at: string } | null;
  today: { granted: number; used: number; expired: number; in_flight: number; refused: number };
  source: string | null;
  as_of: string | null;
  forecast?: { exhausted_at: string | null; basis: string } | null;
}

export interface Model extends Reason {
  id: string;
  provider: string;
  family: string | null;
  name: string | null;
  kind: string;
  context: number | null;
  max_output: number | null;
  tools: boolean | null;
  vision: boolean | null;
  json: boolean | null;
  reasoning: boolean | null;
  rank: number | null;
  trains_on_prompts: string | boolean | null;
  source: string | null;
  as_of: string | null;
  price: { input: number; output: number; source: string | null; as_of: string | null } | null;
  listed: boolean | null;
  listed_at: string | null;
  keys: number;
  available: boolean;
  until: string | null;
  measures?: { success: number | null; calls: number; ttft_ms: number | null; tokens_per_s: number | null } | null;
  successor?: string | null;
}

export interface Route extends Reason {
  route: string;
  provider: string;
  model: string;
  family: string | null;
  key: string;
  available: boolean;
  until: string | null;
  place: number | null;
  score: number | null;
  measures: { success: number | null; samples: number; first_content_s: number | null; tokens_per_s: number | null; timed_samples: number };
}

export interface Bench {
  scope: string;
  reason: string;
  until: string | null;
  remaining_s: number | null;
  evidence: string | null;
}

export interface Attempt {
  provider: string;
  model: string;
  key: string;
  outcome: string;
  status: number | null;
  started_ms: number;
  duration_ms: number | null;
  evidence: string | null;
}

export interface RequestRow {
  id: string;
  time: string;
  client: string | null;
  surface: string;
  asked: string | null;
  provider: string | null;
  model: string | null;
  key: string | null;
  end: 'answered' | 'failed' | 'broken' | 'cancelled';
  status: number | null;
  error_code?: string | null;
  error?: string | null;
  streamed: boolean;
  waited_ms?: number;
  first_content_ms?: number | null;
  total_ms: number;
  tokens?: { prompt: number; completion: number; reasoning: number; estimated: boolean };
  prompt_tokens?: number;
  completion_tokens?: number;
  strategy?: string;
  attempts?: number | Attempt[];
}

export interface Plan {
  strategy: string;
  routes: { route: string; provider: string; model: string; key: string; place: number; reasons: Clause[] }[];
  left_out: (Reason & { provider: string; model: string; key: string; why: string; until: string | null })[];
}

export interface RequestDetail extends RequestRow {
  attempts: Attempt[];
  plan?: Plan | null;
}

export interface Flight {
  id: string;
  time: string;
  client: string | null;
  surface: string;
  asked: string | null;
  streamed: boolean;
  state: 'planning' | 'waiting' | 'asking' | 'answering';
  provider: string | null;
  model: string | null;
  key: string | null;
  attempts: Attempt[];
  first_content_ms: number | null;
  elapsed_ms: number;
  tokens: number;
  tokens_per_s: number | null;
}

export interface Key extends Why {
  id: string;
  provider: string;
  name: string;
  source: string;
  from: string | null;
  hint: string;
  account: string | null;
  proxied: boolean;
  state: 'serving' | 'out_of_quota' | 'benched' | 'invalid' | 'disabled' | 'unused';
  until: string | null;
  routes: number;
  open: number;
  last_check: string | null;
  checked_at: string | null;
  created_at: string | null;
}

export interface Client {
  name: string;
  source: string;
  models: string[];
  rpm: number | null;
  tpd: number | null;
  privacy: string;
  expires?: string | null;
  created_at: string | null;
  revoked_at: string | null;
  used_at: string | null;
  key?: string;
}

export interface Measure {
  time?: string;
  provider?: string;
  model?: string;
  client?: string;
  requests: number;
  answered: number;
  failed: number;
  broken: number;
  cancelled: number;
  success: number | null;
  ttft_p50_ms: number | null;
  ttft_p95_ms: number | null;
  total_p50_ms: number | null;
  total_p95_ms: number | null;
  tokens_per_s_p50: number | null;
  prompt_tokens: number;
  completion_tokens: number;
}

export interface Usage {
  time?: string;
  provider?: string;
  model?: string;
  key?: string;
  client?: string;
  requests: number;
  answered: number;
  failed: number;
  broken: number;
  cancelled: number;
  attempts: number;
  failed_attempts: number;
  estimated_attempts: number;
  prompt_tokens: number;
  completion_tokens: number;
  reasoning_tokens: number;
  total_tokens: number;
  cost_usd: number | null;
  unpriced_tokens: number;
}

export interface Setting {
  section: string;
  key: string;
  value: unknown;
  default: unknown;
  source: 'default' | 'file' | 'environment' | 'flag' | 'dashboard';
  where: string | null;
  secret: boolean;
  needs_restart: boolean;
  about: string;
}

export interface Preferences {
  order: string[];
  off: string[];
  profiles: Record<string, string[]>;
  in_force?: { order: string[]; profiles: Record<string, string[]> };
}

export interface PreviewRow {
  line: number;
  provider: string | null;
  name: string | null;
  hint: string;
  state: 'new' | 'known' | 'doubtful' | 'unknown' | 'bad';
  message: string | null;
  candidates?: string[];
  unlocks: string[];
}

export interface SignIn {
  id: string;
  account: string;
  address: string;
  agent: string;
  created: string;
  seen: string;
  expires: string;
  current: boolean;
}

export interface AuditRow {
  time: string;
  who: string;
  address: string | null;
  action: string;
  subject: string | null;
  outcome: 'done' | 'refused';
}
