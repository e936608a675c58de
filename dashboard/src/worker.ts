// The hub in a shared worker: it lives as long as any window of the dashboard, and needs no secure context.
import { join } from './hub';

addEventListener('connect', (event) => join((event as MessageEvent).ports[0]));
