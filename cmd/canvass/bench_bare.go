package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
)

// bareServer is the machine's limit for an API of this kind: Echo, one statement for
// each request, and nothing else - no checks, no log, no sealing, no history.
type bareServer struct {
	pool   *pgxpool.Pool
	server *http.Server
	url    string
}

const barePeople = `create table bare_people (
	id uuid primary key, status text not null, source text, country text, name text, email text, phone text, title text, company text,
	created_at timestamptz not null);
	create index on bare_people (created_at);
	create index on bare_people (email)`

type barePerson struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Source    *string   `json:"source"`
	Country   *string   `json:"country"`
	Name      *string   `json:"name"`
	Email     *string   `json:"email"`
	Phone     *string   `json:"phone"`
	Title     *string   `json:"title"`
	Company   *string   `json:"company"`
	CreatedAt time.Time `json:"created_at"`
}

const bareColumns = `id, status, source, country, name, email, phone, title, company, created_at`

func newBareServer(ctx context.Context, pool *pgxpool.Pool) (*bareServer, error) {
	if _, err := pool.Exec(ctx, barePeople); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &bareServer{pool: pool, url: "http://" + listener.Addr().String()}
	e := echo.New()
	e.POST("/v1/leads", b.insert)
	e.GET("/v1/leads", b.page)
	e.GET("/v1/leads/:id", b.one)
	b.server = &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = b.server.Serve(listener) }()
	return b, nil
}

func (b *bareServer) close() { _ = b.server.Close() }

func (b *bareServer) insert(c echo.Context) error {
	var p barePerson
	if err := c.Bind(&p); err != nil {
		return err
	}
	p.ID, p.Status, p.CreatedAt = uuid.Must(uuid.NewV7()).String(), "new", time.Now()
	_, err := b.pool.Exec(c.Request().Context(), `insert into bare_people (`+bareColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		p.ID, p.Status, p.Source, p.Country, p.Name, p.Email, p.Phone, p.Title, p.Company, p.CreatedAt)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, map[string]string{"id": p.ID})
}

func (b *bareServer) one(c echo.Context) error {
	rows, err := b.pool.Query(c.Request().Context(), `select `+bareColumns+` from bare_people where id = $1`, c.Param("id"))
	if err != nil {
		return err
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[barePerson])
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (b *bareServer) page(c echo.Context) error {
	rows, err := b.pool.Query(c.Request().Context(), `select `+bareColumns+` from bare_people order by created_at desc limit 50`)
	if err != nil {
		return err
	}
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[barePerson])
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"items": people})
}
