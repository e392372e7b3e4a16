# docker build -t tradetui .        docker run -it tradetui        docker run tradetui --headless backtest --json
ARG PYTHON=3.11.11-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/tradetui \
    && /opt/tradetui/bin/pip install --no-cache-dir --constraint requirements.lock '.[paper,practice,postgres,redis,metrics]'
# The market's kernel is compiled here, once; on a processor of another kind it is compiled again at the first run.
ENV NUMBA_CACHE_DIR=/opt/tradetui-kernel
RUN /opt/tradetui/bin/python -c 'from tradetui.engine.market.kernel.warm import warm; warm(print)'

FROM python:${PYTHON}
RUN useradd --create-home --uid 10001 trader
COPY --from=build /opt/tradetui /opt/tradetui
COPY --from=build --chown=trader /opt/tradetui-kernel /opt/tradetui-kernel
USER trader
WORKDIR /home/trader
# Volumes are laid over these: they must be there, and the user's.
RUN mkdir -p -m 700 .local/share/tradetui .local/state/tradetui .config/tradetui
ENV PATH=/opt/tradetui/bin:$PATH NUMBA_CACHE_DIR=/opt/tradetui-kernel \
    TERM=xterm-256color COLORTERM=truecolor PYTHONUNBUFFERED=1
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD ["tradetui", "doctor", "--offline"]
ENTRYPOINT ["tradetui"]
