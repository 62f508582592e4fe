package http

const playgroundHTML = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Canvass GraphQL</title><link rel="stylesheet" href="/docs/graphiql.css">
<style>html, body, #ui { height: 100%; margin: 0 }</style></head>
<body><div id="ui"></div>
<script src="/docs/graphiql.js"></script>
<script src="/docs/graphiql-start.js"></script>
</body></html>`

const playgroundStart = `const fetcher = async (query, options) => {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: {"Content-Type": "application/json", ...options?.headers},
    body: JSON.stringify(query),
  });
  return answer.json();
};
ReactDOM.createRoot(document.getElementById("ui")).render(React.createElement(GraphiQL, {
  fetcher,
  defaultEditorToolsVisibility: "headers",
  defaultHeaders: JSON.stringify({Authorization: "Bearer <the token that canvass dev printed>"}, null, 2),
  shouldPersistHeaders: true,
  defaultQuery: "{\n  leads(first: 3) {\n    edges { node { id name company { name } } }\n    pageInfo { hasNextPage endCursor }\n  }\n}\n",
}));`

// playground serves a page to try the GraphQL API on, for development: whoever opens it brings a
// token, and the schema is told to who has one.
func (s *Server) playground() {
	s.file("/docs/graphql", "playground", "A page to try GraphQL on", "text/html", written("text/html", playgroundHTML))
	s.file("/docs/graphiql-start.js", "playgroundStart", "What the page begins with", "text/javascript", written("text/javascript", playgroundStart))
	s.file("/docs/graphiql.js", "playgroundScript", "What the page is made by", "text/javascript", packed("docs/graphiql.js.gz", "text/javascript"))
	s.file("/docs/graphiql.css", "playgroundStyle", "How the page looks", "text/css", packed("docs/graphiql.css.gz", "text/css"))
}
