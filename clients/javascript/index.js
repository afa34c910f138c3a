const DEFAULT_URL = 'http://127.0.0.1:8000';
const PREFIX = '/platform/v1';

/** A refusal: the HTTP status, the API's code and message, and the refused fields. */
export class ApiError extends Error {
  constructor(status, error) {
    super(error.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = error.code;
    this.details = error.details ?? [];
  }
}

export class SpoolgraphClient {
  #apiKey;
  #base;

  constructor({ apiKey, baseUrl } = {}) {
    const given = baseUrl ?? globalThis.process?.env?.SPOOLGRAPH_URL ?? DEFAULT_URL;
    this.#apiKey = apiKey;
    this.#base = given.replace(/\/+$/, '') + PREFIX;
    const one = async (...asked) => (await this.#ask(...asked)).data;
    const page = async (...asked) => {
      const { data, pagination } = await this.#ask(...asked);
      return Object.assign(data, { pagination });
    };
    const id = encodeURIComponent;
    this.projects = {
      list: (query) => page('GET', '/projects', { query }),
      get: (project) => one('GET', `/projects/${id(project)}`),
      create: (body) => one('POST', '/projects', { body }),
      update: (project, body) => one('PUT', `/projects/${id(project)}`, { body }),
      delete: (project) => this.#ask('DELETE', `/projects/${id(project)}`),
    };
    this.deployments = {
      list: (project, query) => page('GET', `/projects/${id(project)}/deployments`, { query }),
      create: (project, body = {}) => one('POST', `/projects/${id(project)}/deployments`, { body }),
      get: (deployment) => one('GET', `/deployments/${id(deployment)}`),
      cancel: (deployment) => one('POST', `/deployments/${id(deployment)}/cancel`),
    };
    this.teams = {
      list: (query) => page('GET', '/teams', { query }),
      create: (body) => one('POST', '/teams', { body }),
      members: (team, query) => page('GET', `/teams/${id(team)}/members`, { query }),
      addMember: (team, body) => one('POST', `/teams/${id(team)}/members`, { body }),
      removeMember: (team, user) => this.#ask('DELETE', `/teams/${id(team)}/members/${id(user)}`),
    };
    this.webhooks = { create: (body) => one('POST', '/webhooks', { body }) };
  }

  async #ask(method, path, { query, body } = {}) {
    const wanted = Object.entries(query ?? {}).filter(([, value]) => value != null);
    const url = this.#base + path + (wanted.length ? `?${new URLSearchParams(wanted)}` : '');
    const headers = { Authorization: `Bearer ${this.#apiKey}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
    if (response.status === 204) return undefined;
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const unexpected = { code: 'unexpected', message: 'The server failed to answer.' };
    throw new ApiError(response.status, answer.error ?? unexpected);
  }
}

/** The name that programs written for the API this one replaces know. */
export { SpoolgraphClient as YourAppClient };
