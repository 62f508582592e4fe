package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"strings"

	"github.com/canvass-hq/canvass/clients/smtp"
)

var errDKIM = errors.New("DKIM_KEY: is no file with a private key (PEM: RSA or Ed25519)")

// signer tells by what mail from a domain is signed; nil where nothing is.
func (c MailConfig) signer() (func(domain string) (smtp.DKIM, bool), error) {
	if c.DKIMKey == "" {
		return nil, nil //nolint:nilnil // nothing is signed
	}
	key, err := privateKey(c.DKIMKey)
	if err != nil {
		return nil, err
	}
	return func(domain string) (smtp.DKIM, bool) {
		ours := domain == c.DKIMDomain || strings.HasSuffix(domain, "."+c.DKIMDomain)
		return smtp.DKIM{Domain: c.DKIMDomain, Selector: c.DKIMSelector, Key: key}, ours
	}, nil
}

func privateKey(file string) (crypto.Signer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, errDKIM
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errDKIM
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if signer, ok := key.(crypto.Signer); err == nil && ok {
		return signer, nil
	}
	return nil, errDKIM
}

// selectors are those under which a sender's domain may publish the key that its mail is
// signed by: ours, and Resend's.
func (c MailConfig) selectors() (all []string) {
	if c.DKIMSelector != "" {
		all = append(all, c.DKIMSelector)
	}
	if c.ResendKey != "" {
		all = append(all, "resend")
	}
	return all
}
