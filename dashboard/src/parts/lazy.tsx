// A piece of the page that is loaded when it is first shown.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../strings';
import { Problem } from './basic';

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return (properties: P) => {
    const [, redraw] = useState(0);
    const [failed, setFailed] = useState(false);
    const start = () => {
      setFailed(false);
      load().then((made) => { loaded = made; redraw((n) => n + 1); }, () => setFailed(true));
    };
    // It may have come, for another place, between this one's drawing and its effect.
    useEffect(() => { if (loaded) redraw((n) => n + 1); else start(); }, []);
    if (failed) return <Problem retry={start}>{t().errors.unreachable}</Problem>;
    const Loaded = loaded;
    return Loaded ? <Loaded {...properties} /> : <p class="quiet">{t().common.loading}</p>;
  };
}
