package http_test

import (
	"encoding/json"
	"log/slog"
	"time"

	apphttp "github.com/canvass-hq/canvass/http"
)

func describe(log *slog.Logger) (d document, raw []byte, err error) {
	key, err := apphttp.NewIssuerKey()
	if err != nil {
		return d, nil, err
	}
	issuer, err := apphttp.OpenIssuer(key)
	if err != nil {
		return d, nil, err
	}
	raw, err = apphttp.NewServer(apphttp.Config{Issuer: issuer, Version: "1", Now: time.Now, Log: log}).OpenAPI()
	if err != nil {
		return d, nil, err
	}
	return d, raw, json.Unmarshal(raw, &d)
}
