import { randomUUID } from "node:crypto";

import { notFound, redirect } from "next/navigation";

import { answered, canvass, type LeadPatch } from "@/lib/canvass";

type Props = { params: Promise<{ id: string }>; searchParams: Promise<{ fault?: string }> };

// One lead, to be corrected. The form carries the ETag that was shown and a key of its own: an
// edit lands only on what its writer has seen, and only once however often it is sent.
export default async function Lead({ params, searchParams }: Props) {
  const [{ id }, { fault }] = [await params, await searchParams];
  const api = await canvass();
  const got = await api.GET("/v1/leads/{id}", { params: { path: { id } } });
  if (got.response.status === 422) notFound(); // what is no id names no lead
  const { data: lead, etag } = answered(got);
  return (
    <>
      <h1>{lead.name || lead.email}</h1>
      {fault && <p role="alert">{fault}</p>}
      <form action={save.bind(null, id)}>
        <input type="hidden" name="etag" value={etag} />
        <input type="hidden" name="key" value={randomUUID()} />
        <label>
          Title <input name="title" defaultValue={lead.title} />
        </label>
        <label>
          City <input name="city" defaultValue={lead.city} />
        </label>
        <button>Save</button>
      </form>
    </>
  );
}

async function save(id: string, form: FormData) {
  "use server";
  const text = (name: string) => String(form.get(name) ?? "");
  const body: LeadPatch = { title: text("title") || null, city: text("city") || null }; // a null takes the value away
  const api = await canvass();
  const { error } = await api.PATCH("/v1/leads/{id}", {
    params: { path: { id }, header: { "If-Match": text("etag"), "Idempotency-Key": text("key") } },
    body,
  });
  const stale = error?.code === "precondition.failed";
  const fault = error && (stale ? "Somebody else has changed the lead meanwhile: this is how it is now." : error.detail);
  redirect(`/leads/${id}${fault ? `?${new URLSearchParams({ fault })}` : ""}`);
}
