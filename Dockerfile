# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/spoolgraph
COPY requirements.lock ./
RUN /opt/spoolgraph/bin/pip install --no-cache-dir -r requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY schema schema
COPY rest_compat rest_compat
COPY migrations migrations
# Cameras of more printers, files in a bucket; empty for neither.
ARG EXTRAS=camera,s3
RUN /opt/spoolgraph/bin/pip install --no-cache-dir --no-deps . \
    && if [ -n "$EXTRAS" ]; then \
         /opt/spoolgraph/bin/pip install --no-cache-dir -c requirements.lock ".[$EXTRAS]"; \
       fi

FROM python:3.12-slim
COPY --from=build /opt/spoolgraph /opt/spoolgraph
RUN useradd --system --uid 10001 --home-dir /data spoolgraph \
    && install -d -o spoolgraph -g spoolgraph /data
USER spoolgraph
WORKDIR /data
ENV PATH=/opt/spoolgraph/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SPOOLGRAPH_HOST=0.0.0.0 \
    SPOOLGRAPH_DATA_DIR=/data
EXPOSE 8000
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('SPOOLGRAPH_PORT', '8000') + '/health', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["spoolgraph", "serve"]
