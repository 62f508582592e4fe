import createClient, { type Middleware } from "openapi-fetch";
import { cookies } from "next/headers";
import { notFound, redirect } from "next/navigation";

import type { components, paths } from "./schema";
import { setting, supabase } from "./supabase";

export type Lead = components["schemas"]["Lead"];
export type LeadPatch = components["schemas"]["LeadPatch"];
export type Problem = components["schemas"]["Problem"];

// canvass speaks to the API as whoever is signed in, in the organization that they chose; ""
// is in none.
export async function canvass(organization?: string) {
  const within = organization ?? (await cookies()).get(chosen)?.value;
  const client = createClient<paths>({ baseUrl: setting("CANVASS_URL"), cache: "no-store" });
  client.use(signed(await token(), within));
  return client;
}

// token is the access token of Supabase Auth, which Canvass takes as it is.
async function token(): Promise<string> {
  const { data } = await (await supabase()).auth.getSession();
  return data.session?.access_token ?? redirect("/login");
}

// chosen is the cookie that says which of their organizations somebody works in.
export const chosen = "canvass_org";

function signed(accessToken: string, organization?: string): Middleware {
  return {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${accessToken}`);
      if (organization) request.headers.set("Canvass-Org", organization);
      return request;
    },
  };
}

// Refused is what the API said no with; program against problem.code.
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super([problem.detail, ...(problem.fields ?? []).map((f) => `${f.field} ${f.message}`)].join("; "));
  }
}

// answered gives the answer, or throws what it was refused with. Who belongs to no
// organization yet, or to several, is asked for one.
export function answered<T>(got: { data?: T; error?: Problem; response: Response }): { data: T; etag: string } {
  if (got.error?.code === "access.organization" || got.error?.code === "access.not_a_member") redirect("/organizations");
  if (got.response.status === 404) notFound();
  if (got.error) throw new Refused(got.error);
  if (got.data === undefined) throw new Error(`${got.response.status} without a body`);
  return { data: got.data, etag: got.response.headers.get("ETag") ?? "" };
}
