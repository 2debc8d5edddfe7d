// Copies ranges from one HTTPS server to another with io.Copy and nothing else: the practical limit
// for any program that has to decrypt and encrypt every byte. It lists nothing, completes nothing
// and proves nothing.
//
// Reads a JSON list of transfers from standard input; each worker keeps one connection to each side.
// SSL_CERT_FILE names the trusted roots, as for every Go program.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

type side struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

type transfer struct {
	Get    side  `json:"get"`
	Put    side  `json:"put"`
	Length int64 `json:"length"`
}

// connection is kept open between the requests of one worker to one address.
type connection struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

func (kept *connection) to(target *url.URL) error {
	address := target.Host
	if target.Port() == "" {
		address = net.JoinHostPort(target.Hostname(), map[string]string{"https": "443", "http": "80"}[target.Scheme])
	}
	if kept.conn != nil && kept.address == address {
		return nil
	}
	kept.close()
	var conn net.Conn
	var err error
	if target.Scheme == "https" {
		conn, err = tls.Dial("tcp", address, tlsConfig(target.Hostname()))
	} else {
		conn, err = net.Dial("tcp", address)
	}
	if err != nil {
		return err
	}
	*kept = connection{address: address, conn: conn, reader: bufio.NewReaderSize(conn, 32*1024)}
	return nil
}

var aes256 = flag.Bool("aes256", false, "encrypt with AES-256 instead of Go's own first choice")

// Of TLS 1.3 Go lets nobody choose the cipher; in 1.2 the same one is to be had by name.
func tlsConfig(name string) *tls.Config {
	config := &tls.Config{ServerName: name}
	if *aes256 {
		config.MaxVersion = tls.VersionTLS12
		config.CipherSuites = []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		}
	}
	return config
}

func (kept *connection) close() {
	if kept.conn != nil {
		kept.conn.Close()
	}
	*kept = connection{}
}

// send writes the head of a request; the body, if any, is the caller's.
func (kept *connection) send(method string, to side, length int64) error {
	target, err := url.Parse(to.URL)
	if err != nil {
		return err
	}
	if err := kept.to(target); err != nil {
		return err
	}
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target.RequestURI(), target.Host)
	for name, value := range to.Headers {
		fmt.Fprintf(&head, "%s: %s\r\n", name, value)
	}
	if length >= 0 {
		fmt.Fprintf(&head, "Content-Length: %s\r\n", strconv.FormatInt(length, 10))
	}
	head.WriteString("\r\n")
	_, err = io.WriteString(kept.conn, head.String())
	return err
}

func (kept *connection) answer(method string) (*http.Response, error) {
	return http.ReadResponse(kept.reader, &http.Request{Method: method})
}

func move(from, to *connection, job transfer) error {
	if err := from.send("GET", job.Get, -1); err != nil {
		return fmt.Errorf("GET: %w", err)
	}
	source, err := from.answer("GET")
	if err != nil {
		return fmt.Errorf("GET: %w", err)
	}
	if source.StatusCode/100 != 2 || source.ContentLength != job.Length {
		return fmt.Errorf("GET: status %d, %d bytes instead of %d", source.StatusCode, source.ContentLength, job.Length)
	}
	if err := to.send("PUT", job.Put, job.Length); err != nil {
		return fmt.Errorf("PUT: %w", err)
	}
	if count, err := io.Copy(to.conn, source.Body); err != nil || count != job.Length {
		return fmt.Errorf("copy: %d of %d bytes: %w", count, job.Length, err)
	}
	target, err := to.answer("PUT")
	if err != nil {
		return fmt.Errorf("PUT: %w", err)
	}
	defer target.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(target.Body, 4096))
	if target.StatusCode != http.StatusOK {
		return fmt.Errorf("PUT: status %d: %s", target.StatusCode, text)
	}
	return nil
}

func main() {
	workers := flag.Int("workers", 16, "connections to each side")
	flag.Parse()
	var jobs []transfer
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&jobs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var next atomic.Int64
	var failed atomic.Bool
	var group sync.WaitGroup
	for range make([]struct{}, *workers) {
		group.Add(1)
		go func() {
			defer group.Done()
			var from, to connection
			defer from.close()
			defer to.close()
			for !failed.Load() {
				index := int(next.Add(1)) - 1
				if index >= len(jobs) {
					return
				}
				if err := move(&from, &to, jobs[index]); err != nil {
					failed.Store(true)
					fmt.Fprintln(os.Stderr, err)
				}
			}
		}()
	}
	group.Wait()
	if failed.Load() {
		os.Exit(1)
	}
}
