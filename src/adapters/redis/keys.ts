/** Every name the store has in Redis, under one prefix. */
export function storeKeys(prefix: string) {
  return {
    build: (id: string) => `${prefix}:build:${id}`,
    builds: `${prefix}:builds`,
    buildsOfEnvironment: (name: string) => `${prefix}:builds:environment:${name}`,
    buildsOfUser: (user: string) => `${prefix}:builds:user:${user}`,
    changed: `${prefix}:builds:changed`,
    open: `${prefix}:builds:unsettled`,
    changes: `${prefix}:changes`,
    environment: (name: string) => `${prefix}:environment:${name}`,
    environments: `${prefix}:environments`,
    hold: (name: string) => `${prefix}:hold:${name}`,
    checkpoints: (id: string) => `${prefix}:checkpoints:${id}`,
    log: (id: string) => `${prefix}:log:${id}`,
    modules: `${prefix}:modules`,
    noticesByTime: `${prefix}:notices:due`,
    approval: (id: string) => `${prefix}:approval:${id}`,
    approvals: `${prefix}:approvals`,
    groups: `${prefix}:groups`,
    timings: `${prefix}:timings`,
    subscriptions: `${prefix}:subscriptions`,
    freezes: `${prefix}:freezes`,
    blocks: `${prefix}:blocks`,
    audit: `${prefix}:audit`,
    auditRefused: `${prefix}:audit:refused`,
    notices: `${prefix}:notices`,
    noticesLeased: `${prefix}:notices:leased`,
    noticeLease: (id: string) => `${prefix}:notice:lease:${id}`,
    noticeSent: (id: string) => `${prefix}:notice:sent:${id}`,
    kept: (id: string) => `${prefix}:kept:${id}`,
    shown: (id: string) => `${prefix}:shown:${id}`,
    lease: (name: string) => `${prefix}:lease:${name}`,
    once: (name: string) => `${prefix}:once:${name}`,
  };
}

export type StoreKeys = ReturnType<typeof storeKeys>;
