import Link from "next/link";

import { answered, canvass, Refused, type Problem } from "@/lib/canvass";

type Search = { filter?: string; cursor?: string };

// The list of leads: a filter in the API's own language, and a page behind each cursor.
export default async function Leads({ searchParams }: { searchParams: Promise<Search> }) {
  const { filter, cursor } = await searchParams;
  const api = await canvass();
  const got = await api.GET("/v1/leads", { params: { query: { filter: filter || undefined, cursor, limit: 20, sort: "name" } } });
  if (got.response.status === 422) return <Unreadable filter={filter} problem={got.error} />;
  const { data: leads } = answered(got);
  const next = leads.next_cursor && `/?${new URLSearchParams({ filter: filter ?? "", cursor: leads.next_cursor })}`;
  return (
    <>
      <h1>
        {leads.total.exact ? "" : "about "}
        {leads.total.value} leads
      </h1>
      <Find filter={filter} />
      <ul>
        {leads.items.map((lead) => (
          <li key={lead.id}>
            <Link href={`/leads/${lead.id}`}>{lead.name || lead.email || lead.id}</Link> {lead.title} {lead.company} ({lead.status})
          </li>
        ))}
      </ul>
      {next && <Link href={next}>More</Link>}
    </>
  );
}

function Find({ filter }: { filter?: string }) {
  return (
    <form>
      <input name="filter" defaultValue={filter} placeholder='status eq new and city eq "New York"' size={60} />
      <button>Find</button>
    </form>
  );
}

// What people type is not always a filter; the API says what is wrong with it.
function Unreadable({ filter, problem }: { filter?: string; problem?: Problem }) {
  return (
    <>
      <Find filter={filter} />
      <p role="alert">{problem ? new Refused(problem).message : "That cannot be looked for."}</p>
    </>
  );
}
