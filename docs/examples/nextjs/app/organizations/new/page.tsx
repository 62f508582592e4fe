import { randomUUID } from "node:crypto";

import { redirect } from "next/navigation";

import { canvass } from "@/lib/canvass";

// A new organization; whoever makes it is its first admin.
export default async function NewOrganization({ searchParams }: { searchParams: Promise<{ fault?: string }> }) {
  const { fault } = await searchParams;
  return (
    <form action={found}>
      <h1>New organization</h1>
      {fault && <p role="alert">{fault}</p>}
      <input type="hidden" name="key" value={randomUUID()} />
      <input name="name" placeholder="Name" required />
      <button>Create</button>
    </form>
  );
}

async function found(form: FormData) {
  "use server";
  const api = await canvass("");
  const { error } = await api.POST("/v1/organizations", {
    params: { header: { "Idempotency-Key": String(form.get("key")) } },
    body: { name: String(form.get("name")) },
  });
  redirect(error ? `/organizations/new?${new URLSearchParams({ fault: error.detail })}` : "/organizations");
}
