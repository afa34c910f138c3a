import type { components, operations } from './generated/platform';

type Schemas = components['schemas'];
type Query<Name extends keyof operations> = operations[Name]['parameters']['query'];
type Body<Name extends keyof operations> = operations[Name] extends {
  requestBody: { content: { 'application/json': infer Given } };
}
  ? Given
  : never;
type Page<Node> = Node[] & { pagination: Schemas['PlatformPagination'] };

export type Project = Schemas['PlatformProject'];
export type Deployment = Schemas['PlatformDeployment'];
export type Team = Schemas['PlatformTeam'];
export type Member = Schemas['PlatformMember'];
export type Webhook = Schemas['PlatformWebhook'];

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Schemas['PlatformFieldError'][];
}

export class SpoolgraphClient {
  constructor(options: { apiKey: string; baseUrl?: string });
  readonly projects: {
    list(query?: Query<'platform_list_projects'>): Promise<Page<Project>>;
    get(project: string): Promise<Project>;
    create(body: Body<'platform_create_project'>): Promise<Project>;
    update(project: string, body: Body<'platform_update_project'>): Promise<Project>;
    delete(project: string): Promise<void>;
  };
  readonly deployments: {
    list(project: string, query?: Query<'platform_list_deployments'>): Promise<Page<Deployment>>;
    create(project: string, body?: { notes?: string | null }): Promise<Deployment>;
    get(deployment: string): Promise<Deployment>;
    cancel(deployment: string): Promise<Deployment>;
  };
  readonly teams: {
    list(query?: Query<'platform_list_teams'>): Promise<Page<Team>>;
    create(body: Body<'platform_create_team'>): Promise<Team>;
    members(team: string, query?: Query<'platform_list_team_members'>): Promise<Page<Member>>;
    addMember(team: string, body: Body<'platform_add_team_member'>): Promise<Member>;
    removeMember(team: string, user: string): Promise<void>;
  };
  readonly webhooks: {
    create(body: Body<'platform_create_webhook'>): Promise<Webhook>;
  };
}

export { SpoolgraphClient as YourAppClient };
